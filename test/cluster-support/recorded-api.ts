import type { KubeApi, Query } from '../../adapters/kubernetes/api.ts';
import { KubeFailure } from '../../adapters/kubernetes/failure.ts';

/** A request as roles see it. */
export interface SeenRequest {
  readonly verb: string;
  readonly group: string;
  /** With its subresource: `pods/log`. */
  readonly resource: string;
  /** `null` = of the cluster. */
  readonly namespace: string | null;
  readonly name: string | null;
  /** Refused because a right is lacking. */
  forbidden: boolean;
}

const RESOURCE =
  /^\/(?:api|apis\/(?<group>[^/]+))\/[^/]+\/(?:namespaces\/(?<namespace>[^/]+)\/)?(?<resource>[^/]+)(?:\/(?<name>[^/]+))?(?:\/(?<sub>.+))?$/;

const VERBS: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

/** `jobs.batch is forbidden: User "x" cannot create resource "jobs" …` */
const DENIED = /User ".*" cannot /;

/** What everybody with an account may do, whatever their roles. */
const OF_EVERYBODY = ['authorization.k8s.io', 'authentication.k8s.io'];

/** The same API server; every request about a resource is noted. */
export function recordedApi(api: KubeApi, seen: SeenRequest[]): KubeApi {
  async function noted<T>(method: string, path: string, query: Query | undefined, ask: () => Promise<T>): Promise<T> {
    const request = requestOf(method, path, query);
    if (request !== null && !OF_EVERYBODY.includes(request.group)) seen.push(request);
    try {
      return await ask();
    } catch (error) {
      // What a webhook or a quota refuses has the same number.
      const refused = error instanceof KubeFailure && error.status === 403 && DENIED.test(error.message);
      if (refused && request !== null) request.forbidden = true;
      throw error;
    }
  }
  return {
    server: api.server,
    send: (method, path, options) => noted(method, path, options?.query, () => api.send(method, path, options)),
    stream: (path, options) => noted('GET', path, options.query, () => api.stream(path, options)),
    close: () => api.close(),
  };
}

function requestOf(method: string, path: string, query: Query | undefined): SeenRequest | null {
  const { group = '', namespace = null, resource, name = null, sub } = RESOURCE.exec(path)?.groups ?? {};
  if (resource === undefined) return null;
  const reads = name === null ? (query?.['watch'] === true ? 'watch' : 'list') : 'get';
  return {
    verb: VERBS[method] ?? reads,
    group,
    resource: sub === undefined ? resource : `${resource}/${sub}`,
    namespace: resource === 'namespaces' ? name : namespace,
    name,
    forbidden: false,
  };
}
