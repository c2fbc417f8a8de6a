import { hasOutput, noteJoined, waitsFor } from './joining.ts';
import type { Rendezvous } from './joining.ts';
import type { Rank } from './rank.ts';
import type { Supervision } from './supervision.ts';

const FIRST_CHECK_MS = 300;
const SLOWEST_CHECK_MS = 2000;
/** Ranks that meet elsewhere are not taken for such before this. */
const MEETS_ELSEWHERE_MS = 30_000;
/** CPU use is judged over the last half to whole minute. */
const WINDOW_MS = 30_000;
/** Cores. Below it a process waits; training uses far more. */
const BUSY = 0.05;

interface CpuMark {
  readonly at: number;
  readonly seconds: ReadonlyMap<Rank, number>;
}

export interface Starting {
  /** Ends the job once its start deadline is over and ranks are missing. */
  judge(): void;
  stop(): void;
}

/** Follows the ranks to their rendezvous. `cpuSeconds` = what a rank has used so far. */
export function followStart(job: Supervision, cpuSeconds: (rank: Rank) => number): Starting {
  const start = performance.now();
  const seen: Rendezvous = { opened: false };
  let marks: readonly [CpuMark, CpuMark] = [mark(), mark()];
  let pause = FIRST_CHECK_MS;
  let timer = setTimeout(check, pause);

  function check(): void {
    if (noteJoined(job.ranks, job.job.spec.rendezvousPort, seen)) job.persist();
    if (performance.now() - start > MEETS_ELSEWHERE_MS && meetElsewhere()) acceptAll(job);
    const waitingFor = waitsFor(job.ranks);
    if (waitingFor === null) return;
    job.note(waitingFor);
    pause = Math.min(pause * 1.3, SLOWEST_CHECK_MS);
    timer = setTimeout(check, pause);
  }

  /** Nobody opened the port, but everyone writes and works: the trainer does not use it. */
  function meetElsewhere(): boolean {
    return !seen.opened && missing(job).every((rank) => hasOutput(rank) && isBusy(rank));
  }

  function isBusy(rank: Rank): boolean {
    const [past] = marks;
    const seconds = (performance.now() - past.at) / 1000;
    return cpuSeconds(rank) - (past.seconds.get(rank) ?? 0) > BUSY * seconds;
  }

  function mark(): CpuMark {
    return { at: performance.now(), seconds: new Map(job.ranks.map((rank) => [rank, cpuSeconds(rank)])) };
  }

  return {
    judge() {
      const [, recent] = marks;
      if (performance.now() - recent.at > WINDOW_MS) marks = [recent, mark()];
      const { startingSeconds } = job.job.spec;
      if (startingSeconds === null || performance.now() - start < startingSeconds * 1000) return;
      noteJoined(job.ranks, job.job.spec.rendezvousPort, seen);
      const late = missing(job);
      if (late.length === 0 || meetElsewhere()) return;
      for (const rank of late) rank.record = { ...rank.record, endedBy: 'deadline' };
      job.fail();
    },
    stop: () => clearTimeout(timer),
  };
}

/** In rank order: where nobody opened the port, the first is the one that should have. */
function missing(job: Supervision): readonly Rank[] {
  return job.ranks.filter((rank) => !rank.record.joined && rank.record.finishedAt === null);
}

function acceptAll(job: Supervision): void {
  for (const rank of missing(job)) rank.record = { ...rank.record, joined: true };
  job.note(null);
  job.persist();
}
