import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLUSTER_BACKENDS } from '../../domain/pod-plan.ts';
import type { Cluster } from '../cluster-support/cluster.ts';
import { objections, podsIn } from '../cluster-support/dry-run.ts';
import { eventually } from '../cluster-support/eventually.ts';
import { addNamespace, removeNamespace } from '../cluster-support/namespaces.ts';
import { apply } from '../cluster-support/objects.ts';
import type { KubeObject } from '../cluster-support/objects.ts';
import { torchRuntime } from '../cluster-support/operators.ts';
import { CLUSTER_START_MS, sharedCluster } from '../cluster-support/shared.ts';
import { manifestCases } from '../support/manifest-cases.ts';

let cluster: Cluster;
let namespace = '';
let restricted = '';

const QUEUES = ['golden', 'ml'];
const RUNTIMES = ['trainyard-golden', 'training-runtime-demo'];
const VOLCANO = 'scheduling.volcano.sh/v1beta1';

beforeAll(async () => {
  cluster = await sharedCluster();
  const { rest } = cluster;
  namespace = await addNamespace(rest, 'manifests');
  restricted = await addNamespace(rest, 'restricted');
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  const queues = QUEUES.map((name): KubeObject => ({
    apiVersion: VOLCANO,
    kind: 'Queue',
    metadata: { name },
    spec: { weight: 1 },
  }));
  await apply(rest, [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: restricted, labels } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'trainer', namespace: restricted } },
    { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'trainyard-golden' }, value: 1 },
    ...RUNTIMES.map((name) => torchRuntime(name)),
    ...queues,
  ]);
  for (const name of QUEUES) {
    await eventually(`the queue ${name} is open`, 60, async () => {
      const queue = await rest.want<{ status?: { state?: string } }>('GET', `/apis/${VOLCANO}/queues/${name}`);
      return queue.status?.state === 'Open';
    });
  }
}, CLUSTER_START_MS);

afterAll(async () => {
  const { rest } = cluster;
  await rest.send('DELETE', '/apis/scheduling.k8s.io/v1/priorityclasses/trainyard-golden');
  const trainer = '/apis/trainer.kubeflow.org/v1alpha1/clustertrainingruntimes';
  for (const name of RUNTIMES) await rest.send('DELETE', `${trainer}/${name}`);
  for (const name of QUEUES) await rest.send('DELETE', `/apis/${VOLCANO}/queues/${name}`);
  await removeNamespace(rest, namespace);
  await removeNamespace(rest, restricted);
  await cluster.stop();
});

/** What this cluster does not have is tried in `definitions.test.ts`. */
const CASES = manifestCases()
  .filter(({ trainer, name }) => trainer === 'runtimePatches' && name !== 'gang-coscheduling')
  .map((one) => [`${one.backend}/${one.name}`, one] as const);

describe('the objects of a job', () => {
  it.each(CASES)('of %s are taken by the real definitions and webhooks', async (_name, one) => {
    expect(await objections(cluster.rest, one.render(namespace))).toEqual([]);
  });

  it.each(CLUSTER_BACKENDS)('of %s would be refused with a field that is misspelt', async (backend) => {
    const objects = CASES.find(([name]) => name === `${backend}/plainest`)?.[1].render(namespace) ?? [];
    const misspelt = objects.map((object) => ({ ...object, spec: { ...(object.spec as object), replicsa: 1 } }));
    const refused = await objections(cluster.rest, misspelt.slice(-1));
    expect(refused.join()).toContain('unknown field "spec.replicsa"');
  });
});

describe('the pods of a job', () => {
  // A job on a runtime that exists describes no pods: they are the runtime's.
  const kept = CASES.filter(([, one]) => !one.hostPath && podsIn(one.render('any')).length > 0);

  it.each(kept)('of %s are let into a namespace of Pod Security restricted', async (_name, one) => {
    expect(await objections(cluster.rest, podsIn(one.render(restricted)))).toEqual([]);
  });

  it('are kept out of it when they see a folder of the node', async () => {
    const seeing = CASES.filter(([, one]) => one.hostPath);
    expect(seeing.length).toBeGreaterThan(0);
    for (const [name, one] of seeing) {
      const refused = await objections(cluster.rest, podsIn(one.render(restricted)));
      expect(refused, name).toEqual([expect.stringContaining('violates PodSecurity "restricted')]);
    }
  });
});
