import type { JanitorActivities, Swept } from '../domain/janitor.ts';
import { SHOWN_NAMES } from '../domain/janitor.ts';
import type { Retention } from '../domain/retention.ts';
import type { Git } from '../ports/git.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { RunStates } from '../ports/run-states.ts';
import { applyRetention } from './apply-retention.ts';
import type { Retired } from './apply-retention.ts';
import type { StepScope } from './step.ts';
import { step } from './step.ts';

/** What tidying needs. */
export interface JanitorDeps {
  readonly jobs: Pick<Jobs, 'active' | 'read' | 'cancel' | 'sweep'>;
  readonly workspace: Parameters<typeof applyRetention>[0];
  readonly retention: Retention;
  readonly git: Pick<Git, 'tidy'>;
  readonly runs: RunStates;
  /** Told of what an operator may want to know. */
  readonly note: (facts: Readonly<Record<string, string>>, text: string) => void;
}

/** Seconds an orphan's processes get to end by themselves. */
const GRACE_SECONDS = 30;

export function createJanitor(deps: JanitorDeps): JanitorActivities {
  return { sweepSite: step((scope) => sweepSite(deps, scope)) };
}

/**
 * Ends the jobs of runs that are over, removes what ended jobs and runs have left for long enough, and what workers that
 * died left of their fetches. What cannot be done is left to the next time, and holds up nothing else.
 */
export async function sweepSite(deps: JanitorDeps, { signal }: Pick<StepScope, 'signal'>): Promise<Swept> {
  const orphans: string[] = [];
  const removed: string[] = [];
  const troubles: string[] = [];
  const trying = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      signal.throwIfAborted();
      await work();
    } catch (error) {
      if (signal.aborted) throw error;
      const why = error instanceof Error ? error.message : String(error);
      deps.note({ what, why }, 'something was not tidied up');
      troubles.push(`${what}: ${why}`);
    }
  };
  for (const name of await deps.jobs.active()) {
    await trying(`job ${name}`, async () => {
      if (!(await isOrphan(deps, name))) return;
      deps.note({ job: name }, 'the run of this job is over: the job is ended');
      await deps.jobs.cancel(name, GRACE_SECONDS);
      orphans.push(name);
    });
  }
  await trying('ended jobs', async () => void removed.push(...(await deps.jobs.sweep())));
  await trying('fetches', () => deps.git.tidy());
  let retired: Retired = { runs: [], outputs: [] };
  await trying('what runs left', async () => {
    retired = await applyRetention(deps.workspace, deps.retention, Date.now());
  });
  const { runs, outputs } = retired;
  return {
    orphans: cut(orphans),
    removed: cut(removed),
    runs: cut(runs),
    outputs: cut(outputs),
    troubles: cut(troubles),
  };
}

/** Only what the server says itself counts. A run of which nothing is written down is none that could be asked about. */
async function isOrphan({ jobs, workspace, runs }: JanitorDeps, name: string): Promise<boolean> {
  const status = await jobs.read(name);
  const record = status === null ? null : await workspace.readRecord(status.runId);
  return record !== null && (await runs.isOver(record.workflowId));
}

const cut = (names: readonly string[]): readonly string[] => names.slice(0, SHOWN_NAMES);
