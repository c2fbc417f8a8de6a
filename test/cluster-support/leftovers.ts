import { expect } from 'vitest';
import type { Cluster } from './cluster.ts';
import { eventually } from './eventually.ts';
import type { Rest } from './rest.ts';

interface Resource {
  readonly name: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

interface Item {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
}

/** What the cluster itself makes of a Service, and removes a moment after it; the record of what happened stays. */
const OF_THE_CLUSTER = ['endpoints', 'endpointslices', 'events'];
const JOB = /-[a-z2-7]{8}-[tp]\d+/;

const known = new WeakMap<Rest, Promise<readonly string[]>>();

/** Paths of every kind of namespaces that can be listed, as the API server names them; `NS` stands for a namespace. */
function kindsOf(rest: Rest): Promise<readonly string[]> {
  const kinds = known.get(rest) ?? discover(rest);
  known.set(rest, kinds);
  return kinds;
}

async function discover(rest: Rest): Promise<readonly string[]> {
  interface Groups {
    readonly groups: readonly { readonly preferredVersion: { readonly groupVersion: string } }[];
  }
  const { groups } = await rest.want<Groups>('GET', '/apis');
  const bases = ['/api/v1', ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)];
  const lists = await Promise.all(
    bases.map(async (base) => {
      const { resources } = await rest.want<{ resources: readonly Resource[] }>('GET', base);
      return resources
        .filter(({ name, namespaced, verbs }) => namespaced && verbs.includes('list') && !name.includes('/'))
        .filter(({ name }) => !OF_THE_CLUSTER.includes(name))
        .map(({ name }) => `${base}/namespaces/NS/${name}`);
    }),
  );
  return lists.flat();
}

/**
 * What is left of jobs in a namespace, as `resource name`: whatever carries their label or their name, of any kind the
 * cluster knows, but what is labelled to be kept.
 */
export async function leftIn(rest: Rest, namespace: string): Promise<readonly string[]> {
  return await inAllKinds(rest, namespace, (item) => isLabelled(item) || JOB.test(item.metadata.name));
}

/**
 * The same by label alone, which is what Trainyard makes, and pods.
 * @param job only of this one
 */
export async function labelledIn(rest: Rest, namespace: string, job?: string): Promise<readonly string[]> {
  return await inAllKinds(rest, namespace, (item) => isLabelled(item, job));
}

/** Nothing is left of any job, nor is a moment later what frameworks made of it, which carries its name at most. */
export async function expectNothingLeft({ rest }: Cluster, namespace: string, when = 'now'): Promise<void> {
  expect(await labelledIn(rest, namespace), when).toEqual([]);
  await expect.poll(() => leftIn(rest, namespace), { message: when, timeout: 15_000 }).toEqual([]);
}

async function inAllKinds(rest: Rest, namespace: string, holds: (item: Item) => boolean): Promise<readonly string[]> {
  const lists = await Promise.all(
    (await kindsOf(rest)).map(async (kind) => {
      const path = kind.replace('NS', namespace);
      // A kind that was defined a moment ago cannot be listed yet.
      const { items } = await eventually(path, 20, () => rest.want<{ items: readonly Item[] }>('GET', path));
      return items
        .filter((item) => !('trainyard.dev/keep' in (item.metadata.labels ?? {})) && holds(item))
        .map(({ metadata }) => `${kind.split('/').at(-1) ?? ''} ${metadata.name}`);
    }),
  );
  return lists.flat().toSorted();
}

function isLabelled({ metadata: { labels = {} } }: Item, job = labels['trainyard.dev/job']): boolean {
  return job !== undefined && labels['trainyard.dev/job'] === job;
}
