import type { KubeObject } from '../../domain/cluster-job.ts';
import { TrainyardError } from '../../domain/errors.ts';
import { KubeFailure, isPassing } from './failure.ts';
import { kindOf } from './paths.ts';

const QUOTA = /exceeded quota/i;
const WEBHOOK_DOWN = /failed calling webhook|failed to call webhook/i;
const DENIED = /denied the request/i;
/** Kubeflow Trainer's words for variables that its runtime sets itself. */
const RESERVED = /must not have reserved envs, invalid envs configured: \[([^\]]*)\]/;

/**
 * What a refused write means for the run. A quota comes back as `KubeFailure` of reason `QuotaExceeded`, to be waited
 * for; everything else as an error of the table.
 */
export function refusalOf(error: unknown, object: Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>): Error {
  if (!(error instanceof KubeFailure)) return error instanceof Error ? error : new Error(String(error));
  const what = `${object.kind} ${object.metadata.name}`;
  const { group, resource } = kindOf(object);
  const { status, message } = error;
  const where = `${what} in namespace ${object.metadata.namespace ?? '?'}`;
  const fail = (code: TrainyardError['code'], text: string, fix?: string): TrainyardError =>
    new TrainyardError(code, text, { where, why: message, ...(fix === undefined ? {} : { fix }) }, error);
  if (status === 403 && QUOTA.test(message)) return new KubeFailure(403, 'QuotaExceeded', message);
  // Before all else: a webhook that does not answer is reported as 500, and passes.
  if (WEBHOOK_DOWN.test(message)) return fail('TY_CLUSTER_UNAVAILABLE', 'an admission webhook of the cluster is down');
  if (isPassing(error)) return fail('TY_CLUSTER_UNAVAILABLE', 'the cluster did not take the job');
  if (status === 401) return fail('TY_CLUSTER_UNAUTHORIZED', 'the cluster does not accept the credentials of the site');
  const reserved = RESERVED.exec(message)?.[1]?.split(/[\s,]+/) ?? [];
  if (reserved.length > 0) return setTwice(reserved, what, where, error);
  if (DENIED.test(message) || status === 422 || status === 400) {
    return fail('TY_JOB_REFUSED', `the cluster refuses the ${what}`);
  }
  if (status === 403) {
    const rule = `{apiGroups: ["${group}"], resources: ["${resource}"], verbs: ["create", "get", "patch", "delete"]}`;
    return fail(
      'TY_CLUSTER_FORBIDDEN',
      `the site may not create ${resource}`,
      `trainyard rbac prints the Role; missing: ${rule}`,
    );
  }
  if (status === 404) return missing(error, resource, group, where);
  if (status === 409) return fail('TY_CLUSTER_UNAVAILABLE', `${what} cannot be created yet`);
  return fail('TY_JOB_REFUSED', `the cluster answered ${status ?? 'nothing'} to the ${what}`);
}

/** What stands before those words is every variable of the job, and says no more. */
function setTwice(names: readonly string[], what: string, where: string, cause: KubeFailure): TrainyardError {
  const fix = names.every((name) => name.startsWith('PET_'))
    ? 'set backend.policy: torch, and leave out compute.rendezvousPort: Trainer then tells the replicas of each other'
    : 'leave these out of compute.env, or leave out backend.runtime';
  const why = `its runtime sets them itself: ${names.join(', ')}`;
  return new TrainyardError(
    'TY_JOB_REFUSED',
    `${what} must not set variables of its runtime`,
    { where, why, fix },
    cause,
  );
}

function missing(error: KubeFailure, resource: string, group: string, where: string): TrainyardError {
  if (/namespaces? "[^"]*" not found/.test(error.message)) {
    return new TrainyardError('TY_CLUSTER_NAMESPACE', 'the namespace of the site does not exist', {
      where,
      why: error.message,
    });
  }
  const kind = group === '' ? resource : `${resource}.${group}`;
  return new TrainyardError('TY_BACKEND_MISSING', `the cluster does not know ${kind}`, { where, why: error.message });
}
