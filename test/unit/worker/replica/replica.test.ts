import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReplicaPlan } from '../../../../domain/replica-plan.ts';
import { privateCredentials } from '../../../../worker/replica/credentials.ts';
import { handOverReplica } from '../../../../worker/replica/hand-over.ts';
import { prepareReplica } from '../../../../worker/replica/prepare.ts';
import type { ReplicaWork } from '../../../../worker/replica/prepare.ts';
import { createBare, seedCommit } from '../../../support/git-server/seed.ts';
import { unlock } from '../../../support/git-server/world.ts';

describe("Trainyard's program in a pod", () => {
  let folder: string;
  const at = (path: string): string => join(folder, path);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ty-replica-'));
    for (const name of ['volume', 'credentials', 'store', 'private', 'repos', 'assets']) mkdirSync(at(name));
    writeFileSync(at('assets/layout.py'), '');
  });

  afterEach(() => {
    unlock(folder);
    rmSync(folder, { recursive: true, force: true });
  });

  const work = (over: Partial<ReplicaPlan> = {}): ReplicaWork => ({
    plan: {
      schema: 1,
      runId: 'run-a',
      job: 'digits-t1',
      fetch: [],
      requiredFiles: [],
      trained: null,
      folders: ['code', 'model', 'dataset', 'output', 'package/digits/1', 'metrics', 'end'],
      git: { allow: [at('repos')], insecureTls: [], lowSpeed: { bytesPerSecond: 1, seconds: 20 } },
      handover: { kind: 'claim', claim: 'handover' },
      leaves: ['output', 'metrics'],
      ...over,
    },
    paths: { volume: at('volume'), credentials: at('credentials'), store: at('store'), private: at('private') },
    env: process.env,
    signal: new AbortController().signal,
    say: () => undefined,
  });

  const repo = (name: string, files: Readonly<Record<string, string>>) => {
    createBare(at(`repos/${name}.git`));
    const commit = seedCommit(at(`repos/${name}.git`), 'main', files);
    return { kind: 'git', url: `file://${at(`repos/${name}.git`)}`, credential: null, ref: 'main', commit } as const;
  };

  const ended = (text: string): void => {
    mkdirSync(at('volume/end'), { recursive: true });
    writeFileSync(at('volume/end/ended'), text);
  };

  it('brings each source to its folder at the pinned commit, and leaves nothing of git', async () => {
    const pin = repo('model', { 'train.py': 'old' });
    seedCommit(at('repos/model.git'), 'main', { 'train.py': 'new' }, pin.commit);
    const fetch = [
      { what: 'model', into: 'code', pin },
      { what: 'dataset', into: 'dataset', pin: repo('data', { 'a.csv': '1' }) },
    ] as const;
    await prepareReplica(work({ fetch, requiredFiles: ['train.py'] }), at('assets'));
    expect(readFileSync(at('volume/code/train.py'), 'utf8')).toBe('old');
    expect(readFileSync(at('volume/dataset/a.csv'), 'utf8')).toBe('1');
    expect(readdirSync(at('volume')).toSorted()).toEqual(
      ['assets', 'code', 'dataset', 'end', 'metrics', 'model', 'output', 'package'].toSorted(),
    );
    expect(statSync(at('volume/end/alive')).isFIFO()).toBe(true);
  });

  it('brings one repository twice when it is both model and dataset', async () => {
    const pin = repo('both', { 'train.py': 'x' });
    const fetch = [
      { what: 'model', into: 'code', pin },
      { what: 'dataset', into: 'dataset', pin },
    ] as const;
    await prepareReplica(work({ fetch }), at('assets'));
    expect(readdirSync(at('volume/code'))).toEqual(readdirSync(at('volume/dataset')));
  });

  it('begins anew where an earlier try was cut off', async () => {
    const fetch = [{ what: 'model', into: 'code', pin: repo('model', { 'train.py': 'x' }) }] as const;
    await prepareReplica(work({ fetch }), at('assets'));
    await prepareReplica(work({ fetch }), at('assets'));
    expect(existsSync(at('volume/code/train.py'))).toBe(true);
  });

  it('names the file that the code lacks', async () => {
    const fetch = [{ what: 'model', into: 'code', pin: repo('model', { 'other.py': 'x' }) }] as const;
    await expect(prepareReplica(work({ fetch, requiredFiles: ['train.py'] }), at('assets'))).rejects.toMatchObject({
      code: 'TY_RECIPE_SCRIPT_MISSING',
    });
  });

  it('hands over what the first replica left, and the packaging job finds it', async () => {
    mkdirSync(at('volume/output'), { recursive: true });
    writeFileSync(at('volume/output/model.pt'), 'weights');
    ended('0 0\n');
    await handOverReplica(work(), 0);
    await prepareReplica(work({ job: 'digits-p1', trained: 'runs/run-a/digits-t1' }), at('assets'));
    expect(readFileSync(at('volume/output/model.pt'), 'utf8')).toBe('weights');
    expect(existsSync(at('volume/package/digits/1'))).toBe(true);
  });

  it.each([
    ['failed', '1 0\n'],
    ['is another rank', '0 1\n'],
  ])('leaves nothing of a program that %s', async (_what, text) => {
    ended(text);
    await handOverReplica(work(), 0);
    expect(readdirSync(at('store'))).toEqual([]);
  });

  it('leaves nothing of a program that died without a word', async () => {
    mkdirSync(at('volume/end'), { recursive: true });
    execFileSync('mkfifo', [at('volume/end/alive')]);
    writeFileSync(at('volume/end/started'), '');
    await handOverReplica(work(), 0);
    expect(readdirSync(at('store'))).toEqual([]);
  });

  it('reads a mounted Secret, whose files are links, into files that nobody else can read', async () => {
    mkdirSync(at('credentials/..data'));
    for (const name of ['forge', 'forge.json', 'git.example_8443.pem']) {
      writeFileSync(at(`credentials/..data/${name}`), name);
      symlinkSync(`..data/${name}`, at(`credentials/${name}`));
    }
    await privateCredentials(at('credentials'), at('private'));
    expect(readdirSync(at('private/credentials')).toSorted()).toEqual(['forge', 'forge.json']);
    expect(readdirSync(at('private/certificates'))).toEqual(['git.example:8443.pem']);
    expect(statSync(at('private/credentials/forge')).mode & 0o777).toBe(0o600);
  });
});
