import type { ParkedRef } from '../domain/activities.ts';
import { parkedNotice } from '../domain/notices/make.ts';
import type { ActivityDeps } from './deps.ts';
import { needRecord } from './records.ts';
import type { StepScope } from './step.ts';

/** Puts into the outbox that a run waits for somebody who mends it. */
export async function tellParked(deps: ActivityDeps, _scope: StepScope, parked: ParkedRef): Promise<void> {
  const { plan } = await needRecord(deps.workspace, parked.runId);
  await deps.workspace.announce(parkedNotice(plan, parked));
}
