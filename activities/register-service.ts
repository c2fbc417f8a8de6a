import { join } from 'node:path';
import type { GatedRef } from '../domain/activities.ts';
import { TrainyardError } from '../domain/errors.ts';
import type { ServiceView } from '../domain/run-state.ts';
import type { ActivityDeps } from './deps.ts';
import { keepDecision } from './gate-evidence.ts';
import { amendRecord, needRecord } from './records.ts';
import type { StepScope } from './step.ts';

/** Publishes the package and puts it behind its service; the version before is back if that fails. */
export async function registerService(deps: ActivityDeps, scope: StepScope, run: GatedRef): Promise<ServiceView> {
  const record = await needRecord(deps.workspace, run.runId);
  await keepDecision(deps, record, run.gate);
  const { plan } = record;
  if (plan.serve === null) {
    throw new TrainyardError('TY_INTERNAL', 'the plan has no service', { where: `run ${run.runId}` });
  }
  const paths = deps.workspace.paths(run.runId);
  const version = plan.jobPrefix;
  const { service } = plan.serve;
  const directory = await deps.workspace.publish(service, version, paths.package);
  const registered = await deps.serving.register({
    plan: plan.serve,
    version,
    directory,
    log: join(paths.logs, 'serve', 'server-0.log'),
    signal: scope.signal,
  });
  const view = { name: service, url: registered.url, version };
  const serviceStartSeconds = record.serviceStartSeconds ?? registered.startSeconds;
  await amendRecord(deps.workspace, record, { service: view, serviceStartSeconds });
  return view;
}
