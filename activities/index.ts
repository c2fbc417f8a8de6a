import type { TrainyardActivities } from '../domain/activities.ts';
import { conclude } from './conclude.ts';
import type { ActivityDeps } from './deps.ts';
import { fetchSources } from './fetch-sources.ts';
import { offerGate } from './gate-evidence.ts';
import { probe } from './probe.ts';
import { pushOutput } from './push-output.ts';
import { registerService } from './register-service.ts';
import { resolveSpec } from './resolve-spec.ts';
import { awaitJob, cancelJobs, submitJob } from './run-jobs.ts';
import { step, type StepScope } from './step.ts';
import { suspendJob } from './suspend-job.ts';

/** All activities over one set of ports. */
export function createActivities(deps: ActivityDeps): TrainyardActivities {
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
    conclude: bind(conclude),
  };
}
