import { proxyActivities } from '@temporalio/workflow';
import type { JanitorActivities, JanitorInput, Swept } from '../domain/janitor.ts';

/** Tidies one site up, beside it. One whose worker is away is waited for: the schedule starts no second one meanwhile. */
export async function janitor({ siteQueue }: JanitorInput): Promise<Swept> {
  const { sweepSite } = proxyActivities<JanitorActivities>({
    taskQueue: siteQueue,
    startToCloseTimeout: '30m',
    scheduleToCloseTimeout: '6h',
    heartbeatTimeout: '10s',
    retry: { initialInterval: '10s', backoffCoefficient: 2, maximumInterval: '5m' },
  });
  return await sweepSite();
}
