import { execFile } from 'node:child_process';
import { access, chmod, cp, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createFileCredentials } from '../../adapters/credentials/file-credentials.ts';
import { createGit } from '../../adapters/git/create-git.ts';
import { takeOver } from '../../adapters/handover/take-over.ts';
import { toolPath } from '../../adapters/tools/locate.ts';
import { TrainyardError } from '../../domain/errors.ts';
import { END_FILES, REPLICA_FOLDERS, snapshotKey } from '../../domain/replica-plan.ts';
import type { ReplicaFetch, ReplicaPlan } from '../../domain/replica-plan.ts';
import type { Git } from '../../ports/git.ts';
import { openStore } from '../handover.ts';
import { privateCredentials } from './credentials.ts';
import type { ReplicaPaths } from './paths.ts';

/** Of git's own, on the same disk, so that files are linked. */
const GIT_FOLDERS: readonly string[] = ['mirrors', 'checkouts', 'scratch'];

export interface ReplicaWork {
  readonly plan: ReplicaPlan;
  readonly paths: ReplicaPaths;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** Brings everything a replica needs into its volume, in the folders that its steps see. */
export async function prepareReplica(work: ReplicaWork, assets: string): Promise<void> {
  const { plan, paths } = work;
  // A kubelet that was restarted may run this again.
  for (const name of await readdir(paths.volume)) await removeTree(join(paths.volume, name));
  for (const folder of plan.folders) await mkdir(join(paths.volume, folder), { recursive: true });
  const git = await gitOf(work);
  // One after the other: two sources may be one repository.
  for (const one of plan.fetch) await bringSource(work, git, one);
  await requireFiles(plan, join(paths.volume, REPLICA_FOLDERS.code));
  if (plan.trained !== null) await bringTrained(work, plan.trained);
  await cp(assets, join(paths.volume, REPLICA_FOLDERS.assets), { recursive: true });
  await promisify(execFile)('mkfifo', [join(paths.volume, REPLICA_FOLDERS.end, END_FILES.alive)]);
  // What was fetched is linked, not copied: the rest is room for training.
  for (const folder of await readdir(paths.volume)) {
    if (GIT_FOLDERS.includes(folder)) await removeTree(join(paths.volume, folder));
  }
}

/** Also what was made read-only. */
async function removeTree(path: string): Promise<void> {
  const folders = async (at: string): Promise<void> => {
    if (!(await lstat(at)).isDirectory()) return;
    await chmod(at, 0o755);
    for (const name of await readdir(at)) await folders(join(at, name));
  };
  await folders(path);
  await rm(path, { recursive: true, force: true });
}

async function gitOf({ plan, paths, env }: ReplicaWork): Promise<Git> {
  const folder = await privateCredentials(paths.credentials, paths.private);
  return createGit({
    mirrors: join(paths.volume, 'mirrors'),
    checkouts: join(paths.volume, 'checkouts'),
    scratch: join(paths.volume, 'scratch'),
    path: toolPath(env),
    ...plan.git,
    credentials: createFileCredentials({ folder }),
  });
}

async function bringSource(work: ReplicaWork, git: Git, { what, into, pin }: ReplicaFetch): Promise<void> {
  const { plan, paths, signal, say } = work;
  const target = join(paths.volume, into);
  if (pin.kind === 'snapshot') {
    const store = openStore(plan.handover, paths.store);
    if ((await takeOver(store, snapshotKey(pin.digest), target, pin.digest)) !== null) return;
    throw new TrainyardError('TY_HANDOVER_FAILED', 'the folder given with --code is not there', {
      where: `${store.name}, ${snapshotKey(pin.digest)}`,
    });
  }
  const tree = await git.fetch({
    remote: { url: pin.url, credential: pin.credential },
    ref: pin.ref,
    commit: pin.commit,
    signal,
    onProgress: (line) => say(`${what}: ${line}`),
  });
  await rm(target, { recursive: true, force: true });
  // A folder that is moved to another one must be writable itself.
  await chmod(tree.path, 0o755);
  await rename(tree.path, target);
  await chmod(target, 0o555);
  say(`${what}: ${pin.url} at ${pin.commit.slice(0, 12)}, ${tree.lfsObjects} LFS objects`);
}

async function requireFiles(plan: ReplicaPlan, code: string): Promise<void> {
  for (const file of plan.requiredFiles) {
    const there = await access(join(code, file)).then(
      () => true,
      () => false,
    );
    if (there) continue;
    throw new TrainyardError('TY_RECIPE_SCRIPT_MISSING', `there is no ${file}`, { where: 'the code of this run' });
  }
}

async function bringTrained({ plan, paths, say }: ReplicaWork, key: string): Promise<void> {
  const store = openStore(plan.handover, paths.store);
  const draft = join(paths.volume, 'trained');
  const found = await takeOver(store, key, draft);
  if (found === null) {
    throw new TrainyardError('TY_HANDOVER_FAILED', 'what the output folder is to hold is not there any more', {
      where: `${store.name}, ${key}`,
    });
  }
  const target = join(paths.volume, REPLICA_FOLDERS.output);
  await rm(target, { recursive: true, force: true });
  await rename(join(draft, REPLICA_FOLDERS.output), target);
  await rm(draft, { recursive: true, force: true });
  say(`output: ${found.entries.length} entries from ${store.name}`);
}
