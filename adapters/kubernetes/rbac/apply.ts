import type { KubeObject } from '../../../domain/cluster-job.ts';
import { TrainyardError } from '../../../domain/errors.ts';
import type { ErrorCode } from '../../../domain/errors.ts';
import type { KubeApi } from '../api.ts';
import { isPassing, KubeFailure } from '../failure.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const PLURALS: Readonly<Record<string, string>> = {
  Role: 'roles',
  RoleBinding: 'rolebindings',
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
};

/**
 * Makes the roles and bindings, or brings those that are there to the same state.
 * @returns what was applied, as `role/trainyard`
 * @throws TrainyardError `TY_CLUSTER_*`
 */
export async function applyAccess(api: KubeApi, objects: readonly KubeObject[]): Promise<readonly string[]> {
  const done: string[] = [];
  for (const object of objects) {
    const { name, namespace } = object.metadata;
    const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
    const path = `${RBAC}${scope}/${PLURALS[object.kind] ?? ''}/${encodeURIComponent(name)}`;
    const shown = `${object.kind.toLowerCase()}/${name}`;
    try {
      await api.send('PATCH', path, {
        query: { fieldManager: 'trainyard', force: true, fieldValidation: 'Strict' },
        contentType: 'application/apply-patch+yaml',
        body: object,
      });
    } catch (error) {
      throw error instanceof KubeFailure ? refusal(error, shown, api.server, done) : error;
    }
    done.push(shown);
  }
  return done;
}

function refusal(failure: KubeFailure, shown: string, server: string, done: readonly string[]): TrainyardError {
  const code = codeOf(failure);
  const message = `${shown} was not applied${done.length === 0 ? '' : `; ${done.join(', ')} was`}`;
  const fix =
    code === 'TY_CLUSTER_FORBIDDEN'
      ? 'run it as someone who may grant these rights, or print them without --apply and hand them on'
      : undefined;
  const details = { where: server, why: failure.message };
  return new TrainyardError(code, message, fix === undefined ? details : { ...details, fix }, failure);
}

function codeOf(failure: KubeFailure): ErrorCode {
  if (isPassing(failure)) return 'TY_CLUSTER_UNAVAILABLE';
  switch (failure.status) {
    case 401:
      return 'TY_CLUSTER_UNAUTHORIZED';
    case 403:
      return 'TY_CLUSTER_FORBIDDEN';
    case 404:
      return 'TY_CLUSTER_NAMESPACE';
    default:
      return 'TY_INTERNAL';
  }
}
