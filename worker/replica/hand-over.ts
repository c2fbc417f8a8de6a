import { constants } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { handOver } from '../../adapters/handover/hand-over.ts';
import { END_FILES, handoverKey, REPLICA_FOLDERS } from '../../domain/replica-plan.ts';
import { openStore } from '../handover.ts';
import type { ReplicaWork } from './prepare.ts';

const LOOK_MS = 500;

/** How the main container ended; `null` = it died without a word, as by the kernel. */
interface End {
  readonly exitCode: number;
  readonly rank: number;
}

/**
 * Waits for the main container and hands over what it left, if it ended well and is the rank that does so. All others
 * end with nothing done: how the pod ended is told by its main container alone.
 */
export async function handOverReplica(work: ReplicaWork, rank: number): Promise<void> {
  const { plan, paths, say } = work;
  const end = await untilEnded(join(paths.volume, REPLICA_FOLDERS.end), work.signal);
  if (end === null || end.exitCode !== 0 || end.rank !== rank) return;
  const store = openStore(plan.handover, paths.store);
  const key = handoverKey(plan.runId, plan.job);
  const first = await handOver(store, key, paths.volume, plan.leaves);
  say(first ? `handed over to ${store.name}: ${key}` : `${store.name} has ${key} already: nothing is overwritten`);
}

async function untilEnded(folder: string, signal: AbortSignal): Promise<End | null> {
  for (;;) {
    const end = await readEnd(folder);
    if (end !== null) return end;
    const begun = (await stat(join(folder, END_FILES.started)).catch(() => null)) !== null;
    // Once more: it may have told its end between the two looks.
    if (begun && !(await isHeld(join(folder, END_FILES.alive)))) return await readEnd(folder);
    await sleep(LOOK_MS, undefined, { signal });
  }
}

async function readEnd(folder: string): Promise<End | null> {
  const text = await readFile(join(folder, END_FILES.ended), 'utf8').catch(() => '');
  const [, code, rank] = /^(\d+) (\d+)\n$/.exec(text) ?? [];
  return code === undefined || rank === undefined ? null : { exitCode: Number(code), rank: Number(rank) };
}

/** Whether somebody has the pipe open for writing: a read that would wait says so. */
async function isHeld(pipe: string): Promise<boolean> {
  const file = await open(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { bytesRead } = await file.read(Buffer.alloc(1), 0, 1, null);
    return bytesRead > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return true;
    throw error;
  } finally {
    await file.close();
  }
}
