import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { eventually } from './eventually.ts';
import { APPLY_PATCH, MERGE_PATCH } from './rest.ts';
import type { Rest } from './rest.ts';

/** Any Kubernetes object, as far as helpers look into it. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

interface Resource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/** The path of an object, or of its collection when it has no name; which resource a kind is, the server says. */
export async function pathOf(
  rest: Rest,
  object: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: { readonly name?: string; readonly namespace?: string };
  },
): Promise<string> {
  const base = groupPath(object.apiVersion);
  const { resources } = await rest.want<{ resources: readonly Resource[] }>('GET', base);
  const resource = resources.find(({ kind, name }) => kind === object.kind && !name.includes('/'));
  if (resource === undefined) throw new Error(`${object.apiVersion} has no kind ${object.kind}`);
  const namespace = resource.namespaced ? `/namespaces/${object.metadata.namespace ?? 'default'}` : '';
  const name = object.metadata.name === undefined ? '' : `/${object.metadata.name}`;
  return `${base}${namespace}/${resource.name}${name}`;
}

/** Creates each object or makes it so, one after the other; unknown fields are refused. */
export async function apply(rest: Rest, objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) {
    const query = '?fieldManager=trainyard-tests&force=true&fieldValidation=Strict';
    const { status, ...wanted } = object;
    await rest.want('PATCH', `${await pathOf(rest, object)}${query}`, wanted, APPLY_PATCH);
    // A played node says of itself what a kubelet would: most kinds take no status with the rest.
    if (status === undefined || object.kind === 'CustomResourceDefinition') continue;
    await rest.want('PATCH', `${await pathOf(rest, object)}/status`, { status }, MERGE_PATCH);
  }
}

/** The objects of a manifest, or of all manifests in a folder. */
export function readManifests(path: string): readonly KubeObject[] {
  const files = statSync(path).isDirectory()
    ? readdirSync(path)
        .filter((name) => name.endsWith('.yaml'))
        .toSorted()
        .map((name) => join(path, name))
    : [path];
  return files
    .flatMap((file) => parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as unknown))
    .filter((object): object is KubeObject => isObject(object));
}

function isObject(value: unknown): value is KubeObject {
  return typeof value === 'object' && value !== null && 'kind' in value && 'metadata' in value;
}

interface Definition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly served: boolean }[];
  };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** Applies the CustomResourceDefinitions among the objects and waits until the server serves them. */
export async function applyDefinitions(rest: Rest, objects: readonly KubeObject[]): Promise<void> {
  const definitions = objects.filter(({ kind }) => kind === 'CustomResourceDefinition');
  await apply(rest, definitions);
  for (const { metadata } of definitions) {
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${metadata.name}`;
    await eventually(`${metadata.name} is served`, 30, async () => {
      const { spec, status } = await rest.want<Definition>('GET', path);
      const established = status?.conditions?.some(
        ({ type, status: holds }) => type === 'Established' && holds === 'True',
      );
      return established === true && (await isListed(rest, spec));
    });
  }
}

/** A busy server accepts a kind a moment before it says that it has it. */
async function isListed(rest: Rest, { group, names, versions }: Definition['spec']): Promise<boolean> {
  for (const { name } of versions.filter(({ served }) => served)) {
    const { status, body } = await rest.send('GET', `/apis/${group}/${name}`);
    const resources = (body as { readonly resources?: readonly Resource[] } | null)?.resources ?? [];
    if (status !== 200 || !resources.some(({ kind }) => kind === names.kind)) return false;
  }
  return true;
}
