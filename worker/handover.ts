import { randomUUID } from 'node:crypto';
import { appendFile, copyFile, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { handOver } from '../adapters/handover/hand-over.ts';
import { createFolderStore } from '../adapters/handover/folder-store.ts';
import { createS3Store } from '../adapters/handover/s3-store.ts';
import type { ObjectStore } from '../adapters/handover/store.ts';
import { takeOver } from '../adapters/handover/take-over.ts';
import { handoverKey, REPLICA_FOLDERS } from '../domain/replica-plan.ts';
import type { HandoverPlan } from '../domain/replica-plan.ts';
import type { BroughtJob, Handover } from '../ports/handover.ts';
import type { RunPaths } from '../ports/workspace.ts';

/**
 * The place where jobs leave files, as this process sees it.
 * @param folder where the claim is mounted, or the object store's keys lie
 */
export function openStore(plan: HandoverPlan, folder: string): ObjectStore {
  return plan.kind === 's3' ? createS3Store(plan, folder) : createFolderStore(folder, `claim ${plan.claim}`);
}

/** The worker's side: it lends what replicas need, and brings what they left into its workspace. */
export function createHandover(store: ObjectStore): Handover {
  const bringing = new Map<string, Promise<boolean>>();
  return {
    check: () => store.check(),
    lend: async (key, parent, folder) => {
      await handOver(store, key, parent, [folder]);
    },
    bring: (job, paths) => {
      // The watcher and whoever waits for the job ask at the same time; a large output comes once.
      const key = `${job.runId}/${job.name}`;
      const known = bringing.get(key);
      if (known !== undefined) return known;
      const work = bring(store, job, paths).finally(() => bringing.delete(key));
      bringing.set(key, work);
      return work;
    },
    trained: async (_runId, paths) => await readFile(trainedFile(paths), 'utf8').catch(() => null),
    forget: async (runId) => {
      await store.remove(`runs/${runId}`);
      await store.remove(`lent/${runId}`);
    },
  };
}

const broughtFile = (paths: RunPaths, job: string): string => join(paths.root, 'handed-over', job);
const trainedFile = (paths: RunPaths): string => broughtFile(paths, 'trained');

async function bring(store: ObjectStore, { runId, name, purpose }: BroughtJob, paths: RunPaths): Promise<boolean> {
  const done = broughtFile(paths, name);
  if ((await stat(done).catch(() => null)) !== null) return true;
  const key = handoverKey(runId, name);
  const draft = join(paths.root, 'handed-over', `${name}.${randomUUID()}.new`);
  await mkdir(dirname(draft), { recursive: true });
  try {
    if ((await takeOver(store, key, draft)) === null) return false;
    const folder = purpose === 'train' ? REPLICA_FOLDERS.output : REPLICA_FOLDERS.package;
    const target = purpose === 'train' ? paths.output : paths.package;
    await mkdir(join(draft, folder), { recursive: true });
    await rm(target, { recursive: true, force: true });
    await rename(join(draft, folder), target);
    await bringMetrics(join(draft, REPLICA_FOLDERS.metrics, 'metrics.jsonl'), paths.metrics, purpose);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  if (purpose === 'train') await writeFileAtomic(trainedFile(paths), key);
  await writeFileAtomic(done, key);
  return true;
}

/** Training's come whole; packaging may add some. */
async function bringMetrics(from: string, to: string, purpose: BroughtJob['purpose']): Promise<void> {
  if ((await stat(from).catch(() => null)) === null) return;
  if (purpose === 'train') return await copyFile(from, to);
  const more = await readFile(from);
  if (more.length > 0) await appendFile(to, more);
}
