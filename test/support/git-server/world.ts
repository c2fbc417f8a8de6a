import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { chmodSync, lstatSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileCredentials } from '../../../adapters/credentials/file-credentials.ts';
import type { GitOptions } from '../../../adapters/git/create-git.ts';
import type { Credentials } from '../../../ports/credentials.ts';

/** Folders, credentials and options for a real Git adapter in a test. */
export interface GitWorld {
  readonly root: string;
  /** Where the test's bare repositories lie. */
  readonly repos: string;
  readonly credentials: Credentials;
  readonly options: GitOptions;
  /** What is left of operations: locks, drafts, scratch. */
  leftovers(): Promise<readonly string[]>;
  dispose(): Promise<void>;
}

export async function createGitWorld(overrides: Partial<GitOptions> = {}): Promise<GitWorld> {
  const root = realpathSync(await mkdtemp(join(tmpdir(), 'ty-git-')));
  const repos = join(root, 'repos');
  mkdirSync(repos);
  const credentials = createFileCredentials({ folder: join(root, 'config') });
  const workspace = join(root, 'workspace');
  const options: GitOptions = {
    mirrors: join(workspace, 'mirrors'),
    checkouts: join(workspace, 'checkouts'),
    scratch: join(workspace, 'tmp'),
    path: process.env['PATH'] ?? '',
    allow: [repos],
    insecureTls: [],
    lowSpeed: { bytesPerSecond: 1, seconds: 20 },
    credentials,
    ...overrides,
  };
  return {
    root,
    repos,
    credentials,
    options,
    leftovers: async () => {
      const names = await readdir(workspace, { recursive: true }).catch(() => []);
      return names.filter((name) => /(\.lock(\.|$)|(^|\/)\.tmp-|^tmp\/|\/tmp_|\.new$|lfs\/tmp\/)/.test(name));
    },
    dispose: async () => {
      unlock(root);
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Gives folders their write permission back, so that a test that is not root can remove them. */
export function unlock(folder: string): void {
  if (!lstatSync(folder).isDirectory()) return;
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) unlock(join(folder, entry.name));
  }
}
