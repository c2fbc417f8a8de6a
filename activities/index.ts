import type { SlotActivities, TrainyardActivities } from '../domain/activities.ts';
import { amend } from './amend.ts';
import { conclude } from './conclude.ts';
import type { ActivityDeps } from './deps.ts';
import { fetchSources } from './fetch-sources.ts';
import { offerGate } from './gate-evidence.ts';
import { probe } from './probe.ts';
import { pushOutput } from './push-output.ts';
import { registerService } from './register-service.ts';
import { resolveSpec } from './resolve-spec.ts';
import { awaitJob, cancelJobs, submitJob } from './run-jobs.ts';
import { endedRuns, freeSlot, handOutSlots, takeSlot } from './slots.ts';
import { step, type StepScope } from './step.ts';
import { suspendJob } from './suspend-job.ts';
import { tellParked } from './tell-parked.ts';
import { takeOver } from './take-over.ts';

/** All activities over one set of ports. */
export function createActivities(deps: ActivityDeps): TrainyardActivities & SlotActivities {
  const bind = <A extends unknown[], R>(work: (deps: ActivityDeps, scope: StepScope, ...args: A) => Promise<R>) =>
    step((scope, ...args: A) => work(deps, scope, ...args));
  return {
    resolve: bind(resolveSpec),
    fetch: bind(fetchSources),
    submitJob: bind(submitJob),
    awaitJob: bind(awaitJob),
    push: bind(pushOutput),
    register: bind(registerService),
    offerGate: bind(offerGate),
    probe: bind(probe),
    suspendJob: bind(suspendJob),
    cancelJobs: bind(cancelJobs),
    tellParked: bind(tellParked),
    takeOver: bind(takeOver),
    amend: bind(amend),
    conclude: bind(conclude),
    takeSlot: bind(takeSlot),
    freeSlot: bind(freeSlot),
    handOutSlots: bind(handOutSlots),
    endedRuns: bind(endedRuns),
  };
}
