import { eventually } from './eventually.ts';
import { ON_LOCAL_NODE } from './local-node.ts';
import type { KubeObject } from './objects.ts';
import type { Rest } from './rest.ts';

interface SeenContainer {
  readonly restartCount: number;
  readonly state: SeenState;
  readonly lastState?: SeenState;
}

interface SeenState {
  readonly waiting?: { readonly reason: string; readonly message?: string };
  readonly terminated?: { readonly exitCode: number; readonly reason: string };
}

/** What tests read of a pod. */
export interface SeenPod {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly phase: string;
    readonly reason?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[];
    readonly containerStatuses?: readonly SeenContainer[];
    readonly initContainerStatuses?: readonly SeenContainer[];
  };
}

export async function podsOf(rest: Rest, namespace: string, selector: string): Promise<readonly SeenPod[]> {
  const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selector)}`;
  return (await rest.want<{ items: readonly SeenPod[] }>('GET', path)).items;
}

/** The only pod of a batch Job, once `holds`. */
export function podOfJob(
  rest: Rest,
  job: { readonly namespace: string; readonly name: string },
  holds: (pod: SeenPod) => boolean,
  seconds = 60,
): Promise<SeenPod> {
  return eventually(`the pod of ${job.name}`, seconds, async () => {
    const [pod] = await podsOf(rest, job.namespace, `job-name=${job.name}`);
    return pod !== undefined && holds(pod) ? pod : null;
  });
}

const meta = (namespace: string, name: string) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { namespace, name },
});

/** A Job of one pod that goes as its `PLAY` annotations say, on a node with a GPU. */
export function playedJob(
  namespace: string,
  name: string,
  annotations: Readonly<Record<string, string>> = {},
  gpus = '1',
): KubeObject {
  const limits = { 'nvidia.com/gpu': gpus };
  const containers = [{ name: 'train', image: 'registry.test/train:1', command: ['train'], resources: { limits } }];
  const spec = { restartPolicy: 'Never', nodeSelector: { kwok: 'played' }, containers };
  return { ...meta(namespace, name), spec: { backoffLimit: 0, template: { metadata: { annotations }, spec } } };
}

/** A Job of one pod whose first container really runs. */
export function localJob(
  namespace: string,
  name: string,
  container: Readonly<Record<string, unknown>>,
  pod: Readonly<Record<string, unknown>> = {},
): KubeObject {
  const containers = [{ name: 'train', image: 'registry.test/train:1', ...container }];
  const spec = { restartPolicy: 'Never', ...ON_LOCAL_NODE, containers, ...pod };
  return { ...meta(namespace, name), spec: { backoffLimit: 0, template: { spec } } };
}
