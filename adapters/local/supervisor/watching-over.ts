import { readCancel } from '../job-files.ts';
import { hasOutput, logBytes, missingRanks, noteJoined, waitsFor } from './joining.ts';
import type { Rendezvous } from './joining.ts';
import { isRunning } from './rank.ts';
import { createSampler } from './sampling.ts';
import type { Supervision } from './supervision.ts';

const TICK_MS = 1000;
const FIRST_JOIN_CHECK_MS = 300;
const SLOWEST_JOIN_CHECK_MS = 2000;
/** After so long, ranks that write output and never opened the port are taken for ranks that meet elsewhere. */
const MEETS_ELSEWHERE_MS = 30_000;

/** What is looked at while a job runs: its memory, its start deadline, its silence, and cancels whose signal was lost. */
export function startWatchingOver(job: Supervision): { stop(): void } {
  const start = performance.now();
  const seen: Rendezvous = { opened: false };
  const sampler = createSampler(job.dir, job.job.spec.memoryBytes);
  const silence = createSilence(job);
  let pause = FIRST_JOIN_CHECK_MS;
  let joining = setTimeout(checkJoined, pause);
  let busy = false;

  function checkJoined(): void {
    if (noteJoined(job.ranks, job.job.spec.rendezvousPort, seen)) job.persist();
    if (!seen.opened && performance.now() - start > MEETS_ELSEWHERE_MS) assumeJoined(job);
    job.note(waitsFor(job.ranks) ?? silence.note());
    pause = Math.min(pause * 1.3, SLOWEST_JOIN_CHECK_MS);
    if (job.ranks.some((rank) => !rank.record.joined)) joining = setTimeout(checkJoined, pause);
  }

  async function tick(): Promise<void> {
    const cancel = readCancel(job.dir);
    if (cancel !== null) return job.cancel(cancel.graceSeconds);
    checkStartDeadline(job, seen, performance.now() - start);
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
      clearTimeout(joining);
    },
  };
}

function assumeJoined(job: Supervision): void {
  const waiting = job.ranks.filter((rank) => !rank.record.joined);
  if (!waiting.every(hasOutput)) return;
  for (const rank of waiting) rank.record = { ...rank.record, joined: true };
}

function checkStartDeadline(job: Supervision, seen: Rendezvous, elapsedMs: number): void {
  const { startingSeconds } = job.job.spec;
  if (startingSeconds === null || elapsedMs < startingSeconds * 1000) return;
  noteJoined(job.ranks, job.job.spec.rendezvousPort, seen);
  const missing = missingRanks(job.ranks, seen);
  if (missing.length === 0) return;
  for (const rank of missing) rank.record = { ...rank.record, endedBy: 'deadline' };
  job.fail();
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
