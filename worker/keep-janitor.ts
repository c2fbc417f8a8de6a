import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { JANITOR_SECONDS, JANITOR_TYPE, janitorIds } from '../domain/janitor.ts';
import type { JanitorInput } from '../domain/janitor.ts';
import type { Watch } from '../ports/jobs.ts';
import type { Logger } from './logger.ts';

/** Between tries while the server does not take the schedule. */
const RETRY_MS = 30_000;

export interface JanitorSchedule {
  readonly client: Pick<Client, 'schedule'>;
  /** Queue of the workers that run workflows. */
  readonly workflowQueue: string;
  /** Queue of the worker beside the site. */
  readonly siteQueue: string;
  readonly logger: Pick<Logger, 'warn'>;
}

/** Makes sure that there is the schedule that tidies a site up. Runs need nothing of it: a refusal is only logged. */
export function keepJanitor(wish: JanitorSchedule): Watch {
  const over = new AbortController();
  const keeping = keep(wish, over.signal);
  return {
    stop: async () => {
      over.abort();
      await keeping;
    },
  };
}

async function keep(wish: JanitorSchedule, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      return await ensureJanitor(wish);
    } catch (error) {
      if (signal.aborted) return;
      wish.logger.warn({ taskQueue: wish.siteQueue, why: String(error) }, 'nobody tidies this site up yet');
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Creates the schedule, or brings the one that is there up to date, paused or not; then sweeps at once. */
export async function ensureJanitor({ client, workflowQueue, siteQueue }: JanitorSchedule): Promise<void> {
  const ids = janitorIds(siteQueue);
  const input: JanitorInput = { siteQueue };
  const spec = { intervals: [{ every: `${JANITOR_SECONDS}s` as const }] };
  const action = {
    type: 'startWorkflow',
    workflowType: JANITOR_TYPE,
    workflowId: ids.workflow,
    taskQueue: workflowQueue,
    args: [input],
  } as const;
  // What was missed while nobody served is one sweep, not many.
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' } as const;
  const handle = client.schedule.getHandle(ids.schedule);
  try {
    await client.schedule.create({ scheduleId: ids.schedule, spec, action, policies });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await handle.update((before) => ({ ...before, spec, action, policies }));
    const { state } = await handle.describe();
    if (state.paused) return;
  }
  // Not at its creation, where the server lets it overlap whatever comes next.
  await handle.trigger(ScheduleOverlapPolicy.SKIP);
}
