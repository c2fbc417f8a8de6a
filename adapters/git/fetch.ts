import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TrainyardError } from '../../domain/errors.ts';
import { isCommitId } from '../../domain/git-ref.ts';
import { crashPoint } from '../../ports/crash-point.ts';
import type { FetchedTree, FetchRequest } from '../../ports/git.ts';
import { isAbandoned, withLease } from './lease.ts';
import { fetchObjects, placeObject } from './lfs-store.ts';
import { forEachLimit } from './limit.ts';
import { listRefs } from './list-refs.ts';
import { exists, fetchCommit, sweepMirror } from './mirror.ts';
import type { Operation } from './operation.ts';
import type { GitOptions } from './options.ts';
import { onceASecond } from './progress.ts';
import { repoDigest } from './remote.ts';
import { candidates, requireRef } from './resolve-ref.ts';
import { findPointers, listTree, makeReadOnly, makeWritable, requireSafe } from './tree-check.ts';

/** Longest time to wait for a lease that somebody else took meanwhile, ms. */
const SWEEP_MS = 5_000;

interface Places {
  readonly mirror: string;
  readonly parent: string;
  readonly checkout: string;
}

/** A read-only checkout of the pinned commit. */
export async function fetchTree(
  options: GitOptions,
  operation: Operation,
  request: FetchRequest,
): Promise<FetchedTree> {
  requirePinned(request);
  const digest = repoDigest(operation.remote.url, request.commit);
  const parent = join(options.checkouts, digest);
  const places: Places = { mirror: join(options.mirrors, digest), parent, checkout: join(parent, request.commit) };
  // Proves that this run's credential may read the repository, before anything cached is handed out.
  await listRefs(operation, ['HEAD', ...(isCommitId(request.ref) ? [] : candidates(request.ref))]);
  const reused: FetchedTree = { path: places.checkout, reused: true, lfsObjects: 0, lfsBytes: 0 };
  if (await exists(places.checkout)) return reused;
  await mkdir(options.mirrors, { recursive: true });
  return await withLease(`${places.mirror}.lock`, operation.id, request.signal, async (broken) => {
    if (broken) await sweep(places);
    if (await exists(places.checkout)) return reused;
    try {
      return await build(options, operation, request, places);
    } catch (error) {
      // A git that failed or was ended leaves half packs and locks.
      await sweep(places);
      throw error;
    }
  });
}

/** Cleans up after workers that died while they fetched. Called once, before the first operation. */
export async function sweepAbandoned(options: GitOptions): Promise<void> {
  for (const name of await readdir(options.mirrors).catch(() => [])) {
    const lock = join(options.mirrors, name);
    if (!/^[0-9a-f]{32}\.lock$/.test(name) || !(await isAbandoned(lock))) continue;
    const digest = name.slice(0, 32);
    const parent = join(options.checkouts, digest);
    await withLease(lock, randomUUID(), AbortSignal.timeout(SWEEP_MS), async () => {
      await sweep({ mirror: join(options.mirrors, digest), parent, checkout: parent });
    });
  }
}

async function build(
  options: GitOptions,
  operation: Operation,
  request: FetchRequest,
  { mirror, parent, checkout }: Places,
): Promise<FetchedTree> {
  const onLine = onceASecond(request.onProgress);
  crashPoint('fetch.before-mirror');
  await fetchCommit(operation, { folder: mirror, ref: request.ref, commit: request.commit, onLine });
  crashPoint('fetch.mirrored');
  const draft = join(parent, `.tmp-${randomUUID()}`);
  await mkdir(draft, { recursive: true });
  try {
    await operation.git({
      action: 'local',
      gitDir: mirror,
      workTree: draft,
      index: join(operation.folder, 'index'),
      args: ['read-tree', '-m', '-u', '--end-of-options', request.commit],
    });
    const entries = await listTree(draft);
    await requireSafe(draft, entries);
    const pointers = await findPointers(draft, entries);
    const { requireFree } = options;
    const moved = await fetchObjects(operation, { mirror, commit: request.commit, pointers, requireFree, onLine });
    crashPoint('fetch.objects-there');
    await forEachLimit(pointers, 16, async ({ path, pointer }) => {
      await placeObject(mirror, pointer.oid, join(draft, path));
    });
    request.signal.throwIfAborted();
    await makeReadOnly(draft, entries);
    crashPoint('fetch.before-rename');
    await rename(draft, checkout);
    crashPoint('fetch.after-rename');
    return { path: checkout, reused: false, lfsObjects: moved.objects, lfsBytes: moved.bytes };
  } finally {
    await removeTree(draft);
  }
}

/** Under the lease: locks and drafts there belong to nobody who is alive. */
async function sweep({ mirror, parent }: Places): Promise<void> {
  await sweepMirror(mirror);
  await rm(`${mirror}.new`, { recursive: true, force: true });
  for (const name of await readdir(parent).catch(() => [])) {
    if (name.startsWith('.tmp-')) await removeTree(join(parent, name));
  }
}

async function removeTree(path: string): Promise<void> {
  await makeWritable(path);
  await rm(path, { recursive: true, force: true });
}

function requirePinned(request: FetchRequest): void {
  requireRef(request.ref);
  if (isCommitId(request.commit)) return;
  throw new TrainyardError('TY_SPEC_REF', 'the pinned commit is not a full commit id', { where: 'commit' });
}
