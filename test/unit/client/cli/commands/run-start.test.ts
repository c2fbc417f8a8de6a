import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { run } from '../../../../../client/cli/commands/run-start.ts';
import type { Composition } from '../../../../../client/cli/context.ts';
import type { RunHandle } from '../../../../../client/index.ts';
import type { Workspace } from '../../../../../ports/workspace.ts';
import { fakeContext, input, watching } from '../fake-context.ts';
import { runView } from '../run-view.ts';

const SPEC = `name: toy\nmodel: { repo: 'https://git.example/ml/toy' }\nrecipe: { kind: command, command: [sh, train.sh] }\n`;
const ID = 'run-toy-a2b3c4';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-start-'));
  await writeFile(join(folder, 'trainyard.yaml'), SPEC);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function starting(views = [runView({ runId: ID, status: 'succeeded' })]) {
  const start = vi.fn(async (_spec: unknown) => ({ runId: ID }) as RunHandle);
  return { start, sdk: { start, watch: watching(...views) } };
}

describe('run start', () => {
  it('sends ./trainyard.yaml as written and prints the id alone where nobody watches', async () => {
    const { start, sdk } = starting();
    const { context, out } = fakeContext({ directory: folder, sdk });
    expect(await run(context, input())).toBe(0);
    expect(start.mock.calls[0]?.[0]).toEqual({
      name: 'toy',
      model: { repo: 'https://git.example/ml/toy' },
      recipe: { kind: 'command', command: ['sh', 'train.sh'] },
    });
    expect(out()).toBe(`${ID}\n`);
  });

  it('puts --set and --name into what it sends', async () => {
    const { start, sdk } = starting();
    const { context } = fakeContext({ directory: folder, sdk });
    await run(context, input([], { set: ['recipe.args.epochs=3', 'compute.replicas=2'], name: 'other' }));
    expect(start.mock.calls[0]?.[0]).toMatchObject({
      name: 'other',
      recipe: { args: { epochs: 3 } },
      compute: { replicas: 2 },
    });
  });

  it('refuses a bad spec with every fault and sends nothing', async () => {
    const { start, sdk } = starting();
    const { context } = fakeContext({ directory: folder, sdk });
    await expect(run(context, input([], { set: ['nmae=x', 'model.repo=ext::sh'] }))).rejects.toMatchObject({
      details: { issues: expect.arrayContaining([expect.objectContaining({ path: 'nmae', suggestion: 'name' })]) },
    });
    expect(start).not.toHaveBeenCalled();
  });

  it('says where the file should be when there is none', async () => {
    const { context } = fakeContext({ directory: folder });
    await expect(run(context, input([], { file: 'other.yaml' }))).rejects.toMatchObject({
      code: 'TY_SPEC_NOT_FOUND',
      details: { where: join(folder, 'other.yaml') },
    });
  });

  it('reads the spec from standard input', async () => {
    const { start, sdk } = starting();
    const { context } = fakeContext({ directory: folder, sdk, stdin: SPEC.replace('toy', 'piped') });
    await run(context, input([], { file: '-' }));
    expect(start.mock.calls[0]?.[0]).toMatchObject({ name: 'piped' });
  });

  it('prints with --print-manifest the objects as YAML documents, and starts nothing', async () => {
    const objects = ['one', 'two'].map((name) => ({ apiVersion: 'v1', kind: 'Service', metadata: { name } }));
    const siteManifest = vi.fn(async () => ({ site: null, objects }));
    const composition = async () => ({ siteManifest }) as Partial<Composition> as Composition;
    const { context, out, err } = fakeContext({ directory: folder, composition });
    expect(await run(context, input([], { printManifest: true }))).toBe(0);
    expect(siteManifest).toHaveBeenCalledWith(expect.objectContaining({ name: 'toy' }));
    const documents = parseAllDocuments(out()).map((document): unknown => document.toJS());
    expect(documents).toEqual(objects);
    expect(err()).toContain('are examples');
  });

  it('shows with --dry-run=server each answer, then throws what would keep the run from being made', async () => {
    const error = { code: 'TY_JOB_REFUSED', message: 'the cluster refuses the Job toy', fix: 'change it' } as const;
    const row = { kind: 'Job', name: 'toy', answer: 'refused', why: 'spec.completions' } as const;
    const siteDryRun = async () => ({ site: 'gpu', objects: [row], error });
    const composition = async () => ({ siteDryRun }) as Partial<Composition> as Composition;
    const { context, out } = fakeContext({ directory: folder, composition });
    await expect(run(context, input([], { dryRun: 'server' }))).rejects.toMatchObject({
      code: 'TY_JOB_REFUSED',
      details: { fix: 'change it' },
    });
    expect(out()).toMatch(/Job +toy +refused +spec\.completions/);
  });

  it('shows with --dry-run what would run, and starts nothing', async () => {
    const { context, out, err } = fakeContext({ directory: folder });
    expect(await run(context, input([], { dryRun: true }))).toBe(0);
    expect(out()).toContain('sh train.sh');
    expect(err()).toContain('Nothing was started');
  });

  it('sends the digest of a folder given as code, never its path', async () => {
    const { start, sdk } = starting();
    const digest = 'a'.repeat(64);
    const snapshot = vi.fn(async () => ({ digest, path: '', files: 3, bytes: 2048 }));
    const workspace = async () => ({ snapshot }) as unknown as Workspace;
    const { context, err } = fakeContext({ directory: folder, sdk, workspace });
    await run(context, input([], { code: 'src' }));
    expect(snapshot).toHaveBeenCalledWith(join(folder, 'src'));
    expect(start.mock.calls[0]?.[0]).toMatchObject({ code: { snapshot: digest } });
    expect(JSON.stringify(start.mock.calls[0])).not.toContain(folder);
    expect(err()).toContain('3 files (2.0 KiB)');
  });

  it.each([
    ['succeeded', 0],
    ['failed', 5],
    ['cancelled', 3],
    ['parked', 8],
  ] as const)('ends with --wait and a run that %s with exit code %i', async (status, code) => {
    const { sdk } = starting([runView({ runId: ID }), runView({ runId: ID, status })]);
    const { context } = fakeContext({ directory: folder, sdk });
    expect(await run(context, input([], { wait: true }))).toBe(code);
  });

  it('takes only one of --watch, --wait and --detach', async () => {
    const { context } = fakeContext({ directory: folder });
    await expect(run(context, input([], { wait: true, detach: true }))).rejects.toMatchObject({ code: 'TY_CLI_USAGE' });
  });
});
