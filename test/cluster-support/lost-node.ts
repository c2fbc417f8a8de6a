import { randomBytes } from 'node:crypto';
import type { TolerationPlan } from '../../domain/pod-plan.ts';
import type { Cluster } from './cluster.ts';
import { eventually } from './eventually.ts';
import { apply } from './objects.ts';
import type { KubeObject } from './objects.ts';
import { nodeObject } from './played-nodes.ts';
import { PLAY } from './played-stages.ts';
import { MERGE_PATCH } from './rest.ts';

/** A played node of a test's own, which goes away. */
export interface LostNode {
  readonly name: string;
  /** Brings pods to it, and makes the real controllers take them off at once when it is lost. */
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly TolerationPlan[];
  lose(): Promise<void>;
  remove(): Promise<void>;
}

export async function addLostNode(cluster: Cluster): Promise<LostNode> {
  const name = `lost-${randomBytes(3).toString('hex')}`;
  const path = `/api/v1/nodes/${name}`;
  await apply(cluster.rest, [nodeObject({ name, resources: { cpu: '8', memory: '16Gi', pods: '10' } })]);
  await eventually(`${name} takes pods`, 60, async () => {
    const { spec } = await cluster.rest.want<{ spec: { taints?: readonly unknown[] } }>('GET', path);
    return (spec.taints ?? []).length === 0;
  });
  const away = { operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 0 } as const;
  return {
    name,
    nodeSelector: { 'kubernetes.io/hostname': name },
    tolerations: [
      { key: 'node.kubernetes.io/not-ready', ...away },
      { key: 'node.kubernetes.io/unreachable', ...away },
    ],
    async lose() {
      const body = { metadata: { annotations: { [PLAY.down]: 'true' } } };
      await cluster.rest.want('PATCH', path, body, MERGE_PATCH);
    },
    async remove() {
      const { items } = await cluster.rest.want<{ items: readonly KubeObject[] }>(
        'GET',
        `/api/v1/pods?fieldSelector=spec.nodeName%3D${name}`,
      );
      for (const { metadata } of items) {
        const pod = `/api/v1/namespaces/${metadata.namespace ?? ''}/pods/${metadata.name}`;
        // Nobody but the test itself is left to do it.
        await cluster.rest.send('PATCH', pod, { metadata: { finalizers: null } }, MERGE_PATCH);
        await cluster.rest.send('DELETE', pod, { gracePeriodSeconds: 0 });
      }
      await cluster.rest.send('DELETE', path);
    },
  };
}
