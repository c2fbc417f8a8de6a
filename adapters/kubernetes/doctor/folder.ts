import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import process from 'node:process';
import { missing, ok, warn } from './finding.ts';
import type { SiteFinding } from './finding.ts';

/** What is asked about a folder of this machine; tests answer in its place. */
export interface FolderProbe {
  /** `null` = there is none. */
  kind(path: string): Promise<'folder' | 'other' | null>;
  writable(path: string): Promise<boolean>;
  /** Bytes free for this user on its disk. */
  freeBytes(path: string): Promise<number>;
  /** User this process runs as; `null` where there is no such thing. */
  readonly user: number | null;
}

export const realFolder: FolderProbe = {
  kind: async (path) => {
    const found = await stat(path).catch(() => null);
    if (found === null) return null;
    return found.isDirectory() ? 'folder' : 'other';
  },
  writable: (path) =>
    access(path, constants.R_OK | constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    ),
  freeBytes: async (path) => {
    const disk = await statfs(path);
    return disk.bavail * disk.bsize;
  },
  user: process.getuid?.() ?? null,
};

/** Where the worker sees the claim, and whom the files it makes there will belong to. */
export interface FolderQuestion {
  readonly root: string;
  /** `null` = a folder of the worker's own. */
  readonly claim: string | null;
  readonly runAs: { readonly user: number; readonly group: number };
  /** Bytes that must stay free. */
  readonly minFree: number;
}

const GIB = 2 ** 30;

/** Whether this worker sees the workspace and can write into it, and whether pods can do so afterwards. */
export async function folderFindings(question: FolderQuestion, probe: FolderProbe): Promise<readonly SiteFinding[]> {
  const { root, claim } = question;
  const volume = claim === null ? 'a volume' : `the claim ${claim}`;
  const mount = `mount ${volume} at ${root} in this worker, or mend workspace.root in the settings of the site`;
  const kind = await probe.kind(root);
  if (kind === null) return [missing('workspace', `${root} is not there`, mount)];
  if (kind === 'other') return [missing('workspace', `${root} is no folder`, mount)];
  const { user, group } = question.runAs;
  if (!(await probe.writable(root))) {
    return [missing('workspace', `${root} cannot be written by this worker`, `chown ${user}:${group} ${root}`)];
  }
  return [await freeRoom(question, probe), ...owner(question, probe)];
}

async function freeRoom({ root, minFree }: FolderQuestion, probe: FolderProbe): Promise<SiteFinding> {
  const free = await probe.freeBytes(root).catch(() => null);
  if (free === null) return warn('workspace', `${root}, whose free room cannot be told`, `df ${root}`);
  const found = `${root}, ${(free / GIB).toFixed(1)} GiB free`;
  const fix = 'free space on the claim, or make it larger';
  if (free < minFree) return missing('workspace', found, fix);
  return free < 5 * GIB ? warn('workspace', found, fix) : ok('workspace', found);
}

/** Root can give files away; anyone else makes files of its own, which pods of another user cannot change. */
function owner({ runAs }: FolderQuestion, probe: FolderProbe): readonly SiteFinding[] {
  if (probe.user === null || probe.user === 0 || probe.user === runAs.user) return [];
  const found = `this worker runs as ${probe.user}, the pods as ${runAs.user}: pods cannot change what it makes`;
  return [warn('user', found, `run the worker as ${runAs.user}, or set runAs.user: ${probe.user} for the site`)];
}
