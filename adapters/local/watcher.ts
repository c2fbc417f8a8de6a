import { watch as watchFiles } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { isTerminal } from '../../domain/job.ts';
import type { JobStatus } from '../../domain/job.ts';
import { crashPoint } from '../../ports/crash-point.ts';
import type { JobEnded, Watch, Waiter } from '../../ports/jobs.ts';
import { JOB_FILES } from './job-files.ts';
import { readJson } from '../shared/json-files.ts';
import type { JobIndex, JobPlace } from '../shared/job-index.ts';

/** Finds what file events missed: supervisors that vanished, folders where events do not work. */
const POLL_MS = 2000;
const MAX_BACKOFF_MS = 30_000;

/** A waiter as it lies beside the job; `at` tells two expectations of the same activity apart. */
export interface KeptWaiter extends Waiter {
  readonly at: string;
}

interface Followed {
  files: FSWatcher | null;
  busy: boolean;
  again: boolean;
  failures: number;
  notBefore: number;
}

/**
 * Follows every active job: file events for an answer within milliseconds, a slow poll for what they miss. A job stays
 * active until its end has been told to whoever expects it.
 */
export function startWatcher(
  index: JobIndex,
  read: (name: string) => Promise<JobStatus | null>,
  ended: JobEnded,
): Watch {
  const followed = new Map<string, Followed>();
  const running = new Set<Promise<void>>();
  let stopped = false;

  function scan(): void {
    if (stopped) return;
    for (const name of index.activeNames()) look(name);
  }

  function look(name: string): void {
    if (stopped || !index.isActive(name)) return;
    const job = follow(name);
    job.again = true;
    if (job.busy || Date.now() < job.notBefore) return;
    job.busy = true;
    const work = settleJob(name, job).finally(() => {
      job.busy = false;
      running.delete(work);
    });
    running.add(work);
  }

  function follow(name: string): Followed {
    const job = followed.get(name) ?? { files: null, busy: false, again: false, failures: 0, notBefore: 0 };
    followed.set(name, job);
    const place = job.files === null ? index.find(name) : null;
    if (place !== null) job.files = watchFolder(place.dir, (file) => endsOrWaits(file) && look(name));
    return job;
  }

  function forget(name: string): void {
    followed.get(name)?.files?.close();
    followed.delete(name);
  }

  async function settleJob(name: string, job: Followed): Promise<void> {
    try {
      while (job.again && !stopped) {
        job.again = false;
        await tellEnd(name);
      }
      job.failures = 0;
    } catch {
      // Whoever is told may be out of reach; the next poll tells it again.
      job.failures += 1;
      job.notBefore = Date.now() + Math.min(1000 * 2 ** (job.failures - 1), MAX_BACKOFF_MS);
    }
  }

  async function tellEnd(name: string): Promise<void> {
    const status = await read(name);
    const place = index.find(name);
    if (status === null || place === null || !isTerminal(status.phase) || stopped) return;
    const waiter = readWaiter(place);
    if (waiter !== null) await ended(status, waiter);
    index.deactivate(name);
    crashPoint('job.put-away');
    if (readWaiter(place)?.at === waiter?.at) return forget(name);
    // A waiter came meanwhile and found the entry still there.
    index.activate(place);
    look(name);
  }

  const entries = watchFolder(index.activeDir, (file) => file !== null && !file.endsWith('.new') && look(file));
  const polling = setInterval(scan, POLL_MS);
  scan();
  return {
    async stop() {
      stopped = true;
      clearInterval(polling);
      entries?.close();
      for (const name of followed.keys()) forget(name);
      await Promise.allSettled(running);
    },
  };
}

function endsOrWaits(file: string | null): boolean {
  return file === null || file === JOB_FILES.done || file === JOB_FILES.waiter;
}

function readWaiter(place: JobPlace): KeptWaiter | null {
  return readJson(join(place.dir, JOB_FILES.waiter)) as KeptWaiter | null;
}

/** `null` where the system has no events left to give; the poll has to do then. */
function watchFolder(folder: string, changed: (file: string | null) => void): FSWatcher | null {
  try {
    const files = watchFiles(folder, (_event, file) => changed(file));
    files.on('error', () => files.close());
    return files;
  } catch {
    return null;
  }
}
