import type { KubeObject } from '../../domain/cluster-job.ts';
import { listAt, textAt } from '../../domain/json.ts';
import type { KubeApi, Query } from './api.ts';
import { isWithheld } from './failure.ts';
import { collectionPath } from './paths.ts';
import type { KindRef } from './paths.ts';

export interface Listed {
  readonly objects: readonly KubeObject[];
  /** Of the collection, as it was when the last page was given. */
  readonly version: string;
}

/** Every object of a collection, page by page; each says what kind it is, as it would on its own. */
export async function listPages(
  api: KubeApi,
  path: string,
  query: Query,
  options: { readonly pageSize?: number; readonly signal?: AbortSignal } = {},
): Promise<Listed> {
  const { pageSize = 500, signal } = options;
  const objects: KubeObject[] = [];
  let next: string | undefined;
  let version = '';
  do {
    const page = await api.send('GET', path, {
      query: { ...query, limit: pageSize, continue: next },
      ...(signal === undefined ? {} : { signal }),
    });
    const kind = textAt(page, 'kind')?.replace(/List$/, '') ?? '';
    const apiVersion = textAt(page, 'apiVersion') ?? '';
    for (const item of listAt(page, 'items')) objects.push({ apiVersion, kind, ...(item as object) } as KubeObject);
    version = textAt(page, 'metadata', 'resourceVersion') ?? '';
    next = textAt(page, 'metadata', 'continue') ?? undefined;
  } while (next !== undefined);
  return { objects, version };
}

/** Every object of a kind in a namespace. */
export async function listAll(
  { api, namespace }: { readonly api: KubeApi; readonly namespace: string },
  kind: KindRef,
  query: Query,
): Promise<readonly KubeObject[]> {
  return (await listPages(api, collectionPath(kind, namespace), query)).objects;
}

/** The same; nothing of a kind that the cluster lacks, or that this user may not read and so never made. */
export async function listShown(
  place: { readonly api: KubeApi; readonly namespace: string },
  kind: KindRef,
  query: Query,
): Promise<readonly KubeObject[]> {
  return await listAll(place, kind, query).catch((error: unknown) => {
    if (isWithheld(error)) return [];
    throw error;
  });
}
