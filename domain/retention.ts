import type { RunRecord } from './record.ts';
import type { RunView } from './run-state.ts';

/** How long a workspace keeps what runs leave; seconds from their end. `null` = for ever. */
export interface Retention {
  /** Everything of a run, its record too. */
  readonly runsSeconds: number | null;
  /** What it trained and packaged; record and logs stay. */
  readonly outputsSeconds: number | null;
}

/** Folders of a run that go before the run itself. */
export const OUTPUT_FOLDERS = ['output', 'package'] as const;

/**
 * What is to be removed of a run by now: the run, its outputs, or nothing. Only of one whose end is written down: whoever
 * knows that a run was terminated gives its record with a closed view.
 *
 * Training that never finished leaves scratch: it goes after `limits.keepFailed`, unless a later run could start from its
 * checkpoints. What is pushed or published does not lie in a run's folder and is never due.
 * @param now milliseconds
 */
export function dueForRemoval(record: RunRecord, now: number, retention: Retention): 'run' | 'outputs' | null {
  const { view } = record;
  if (view === null || view.finishedAt === null) return null;
  const age = (now - Date.parse(view.finishedAt)) / 1000;
  const { runsSeconds, outputsSeconds } = retention;
  if (runsSeconds !== null && age >= Math.max(runsSeconds, keptAtLeast(record))) return 'run';
  if (outputsSeconds === null || record.outputsRemovedAt !== undefined) return null;
  const isScratch = !hasTrained(view) && record.plan.train.checkpoint === undefined;
  const kept = isScratch
    ? Math.min(outputsSeconds, keptAtLeast(record))
    : Math.max(outputsSeconds, keptAtLeast(record));
  return age >= kept ? 'outputs' : null;
}

/** A person who looks into a failure has so long whatever the settings say, seconds. */
function keptAtLeast({ plan, view }: RunRecord): number {
  return view?.status === 'succeeded' ? 0 : plan.limits.keepFailedSeconds;
}

function hasTrained({ stages }: RunView): boolean {
  const status = stages.find(({ name }) => name === 'train')?.status;
  return status === 'done' || status === 'reused';
}
