import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchSources } from '../../../activities/fetch-sources.ts';
import { pushOutput } from '../../../activities/push-output.ts';
import { amendRecord } from '../../../activities/records.ts';
import type { EvidenceDeps } from '../../../activities/gate-evidence.ts';
import { settleJob } from '../../../activities/settle-job.ts';
import { createWorkspace } from '../../../adapters/store/workspace-fs.ts';
import { TrainyardError } from '../../../domain/errors.ts';
import type { JobStatus } from '../../../domain/job.ts';
import type { RunRecord } from '../../../domain/record.ts';
import type { FetchedTree, FetchRequest } from '../../../ports/git.ts';
import type { Workspace } from '../../../ports/workspace.ts';

const RUN = 'run-digits-abcdef';

let root: string;
let workspace: Workspace;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'trainyard-records-'));
  workspace = createWorkspace({ root, minFreeBytes: 0, usage: async () => [] });
  await workspace.prepare(RUN);
  await workspace.writeRecord(record());
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** As much of a record as these steps read. */
function record(changes: Partial<RunRecord> = {}): RunRecord {
  const pin = (url: string) => ({ kind: 'git', url, credential: null, ref: 'refs/heads/main', commit: 'a'.repeat(40) });
  const plan = {
    runId: RUN,
    model: pin('file:///model'),
    code: null,
    dataset: pin('file:///dataset'),
    requiredFiles: [],
  };
  return { schema: 1, runId: RUN, plan, commit: null, metrics: null, ...changes } as unknown as RunRecord;
}

describe('amendRecord', () => {
  it('keeps what a later stage wrote when an attempt that was given up comes back', async () => {
    const old = record();
    await amendRecord(workspace, old, { commit: 'c'.repeat(40) });
    await amendRecord(workspace, old, { metrics: { accuracy: 1 } });
    expect(await workspace.readRecord(RUN)).toMatchObject({ commit: 'c'.repeat(40), metrics: { accuracy: 1 } });
  });
});

describe('fetchSources', () => {
  it('stops the other fetches when one fails, and waits until they have ended', async () => {
    const missing = new TrainyardError('TY_GIT_REPO_NOT_FOUND', 'no repository');
    let ended = false;
    const git = {
      fetch: async ({ remote, signal }: FetchRequest): Promise<FetchedTree> => {
        if (remote.url === 'file:///model') throw missing;
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        await new Promise((resolve) => setImmediate(resolve));
        ended = true;
        throw new Error('aborted');
      },
    };
    const scope = { signal: new AbortController().signal, progress: () => {} };
    const deps = { git, workspace } as unknown as Parameters<typeof fetchSources>[0];
    await expect(fetchSources(deps, scope, { runId: RUN })).rejects.toBe(missing);
    expect(ended).toBe(true);
  });
});

describe('settleJob', () => {
  it('fails a training that removed its output folder, with the code of a training that left nothing', async () => {
    await rm(workspace.paths(RUN).output, { recursive: true });
    const status = { name: 'digits-t1', runId: RUN, purpose: 'train', phase: 'succeeded', cause: null } as JobStatus;
    const verdict = await settleJob({ workspace } as EvidenceDeps, status);
    expect(verdict?.cause?.code).toBe('TY_TRAIN_NO_OUTPUT');
  });
});

describe('pushOutput', () => {
  it('keeps the card that training wrote, and writes through no link', async () => {
    const tree = workspace.paths(RUN).output;
    const outside = join(root, 'outside');
    await writeFile(outside, 'mine');
    await writeFile(join(tree, 'README.md'), '# by the trainer\n');
    await symlink(outside, join(tree, 'trainyard.json'));
    const { plan } = record();
    const output = { url: 'file:///out', credential: null, branch: 'b' };
    await workspace.writeRecord(record({ plan: { ...plan, output, package: null } }));
    const deps = { git: { push: async () => ({ commit: 'c'.repeat(40), found: false }) }, workspace };
    const scope = { signal: new AbortController().signal, progress: () => {} };
    await pushOutput(deps as unknown as Parameters<typeof pushOutput>[0], scope, { runId: RUN });
    expect(await readFile(join(tree, 'README.md'), 'utf8')).toBe('# by the trainer\n');
    expect(await readFile(join(tree, 'trainyard.json'), 'utf8')).toContain(RUN);
    expect(await readFile(outside, 'utf8')).toBe('mine');
  });
});
