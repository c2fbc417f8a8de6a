import { TrainyardError } from '../../domain/errors.ts';
import { KubeFailure } from './failure.ts';

/** A question to a cluster that brought no answer, as an error of the table. What is one already stays as it is. */
export function noAnswer(error: unknown, what: string, server: string): Error {
  if (!(error instanceof KubeFailure)) return error instanceof Error ? error : new Error(String(error));
  const { status, message } = error;
  const details = { where: `${what} at ${server}`, why: message };
  if (status === 401) {
    const said = 'the cluster does not accept the credentials of the site';
    return new TrainyardError('TY_CLUSTER_UNAUTHORIZED', said, details, error);
  }
  if (status === 403) return new TrainyardError('TY_CLUSTER_FORBIDDEN', `the site may not do this`, details, error);
  const said = status === null ? 'the API server does not answer' : `the API server answers ${status}`;
  return new TrainyardError('TY_CLUSTER_UNAVAILABLE', said, details, error);
}
