import { readCancel } from '../job-files.ts';
import { logBytes } from './joining.ts';
import { isRunning } from './rank.ts';
import { createSampler } from './sampling.ts';
import { followStart } from './starting.ts';
import type { Supervision } from './supervision.ts';

const TICK_MS = 1000;

/** What is looked at while a job runs: its memory, its start deadline, its silence, and cancels whose signal was lost. */
export function startWatchingOver(job: Supervision): { stop(): void } {
  const sampler = createSampler(job.dir, job.job.spec.memoryBytes);
  const silence = createSilence(job);
  const starting = followStart(job, (rank) => sampler.cpuSeconds(rank));
  let busy = false;

  async function tick(): Promise<void> {
    const cancel = readCancel(job.dir);
    if (cancel !== null) return job.cancel(cancel.graceSeconds);
    starting.judge();
    silence.look();
    if (job.ranks.every((rank) => rank.record.joined)) job.note(silence.note());
    const excess = await sampler.sample(job.ranks);
    if (excess === null || !isRunning(excess.rank) || excess.rank.record.endedBy !== null) return;
    excess.rank.record = { ...excess.rank.record, endedBy: 'memory', memoryBytes: excess.replicaBytes };
    job.fail();
  }

  const ticking = setInterval(() => {
    if (busy) return;
    busy = true;
    // What cannot be read or kept this second must not end the training.
    tick()
      .catch(() => {})
      .finally(() => (busy = false));
  }, TICK_MS);

  return {
    stop() {
      clearInterval(ticking);
      starting.stop();
    },
  };
}

/** How long no log has grown. It is only noted: a long epoch is as silent as a hang. */
function createSilence(job: Supervision): { look(): void; note(): string | null } {
  const { silentSeconds } = job.job.spec;
  let bytes = -1;
  let since = performance.now();
  return {
    look() {
      const now = job.ranks.reduce((sum, rank) => sum + logBytes(rank), 0);
      if (now !== bytes) since = performance.now();
      bytes = now;
    },
    note() {
      if (silentSeconds === null || performance.now() - since < silentSeconds * 1000) return null;
      return `no output for more than ${silentSeconds} s`;
    },
  };
}
