import type { KubeObject, WatchedKind } from '../../domain/cluster-job.ts';

/** A kind by its place in the API. */
export type KindRef = Pick<WatchedKind, 'group' | 'version' | 'resource'>;

export const kindKey = ({ group, resource }: KindRef): string => (group === '' ? resource : `${resource}.${group}`);

/** `/apis/batch/v1/namespaces/ml/jobs`. */
export function collectionPath({ group, version, resource }: KindRef, namespace: string): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return `${root}/namespaces/${encodeURIComponent(namespace)}/${resource}`;
}

export function objectPath(kind: KindRef, namespace: string, name: string): string {
  return `${collectionPath(kind, namespace)}/${encodeURIComponent(name)}`;
}

/** The kind of an object that a backend made. All of those have the plural that English has. */
export function kindOf({ apiVersion, kind }: Pick<KubeObject, 'apiVersion' | 'kind'>): KindRef {
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  return { group, version: apiVersion.slice(slash + 1), resource: `${kind.toLowerCase()}s` };
}
