import { proxyActivities } from '@temporalio/workflow';

const { nothing } = proxyActivities<{ nothing(): Promise<void> }>({
  startToCloseTimeout: '1m',
  heartbeatTimeout: '10s',
});

/** Seven activities that do nothing, one after the other. */
export async function sevenEmpty(): Promise<void> {
  for (let count = 0; count < 7; count += 1) await nothing();
}
