import { tmpdir } from 'node:os';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubeApi } from '../../adapters/kubernetes/api.ts';
import type { KubeApi } from '../../adapters/kubernetes/api.ts';
import { discoverSite } from '../../adapters/kubernetes/discovery.ts';
import type { SiteFinding } from '../../adapters/kubernetes/doctor/finding.ts';
import { siteFindings } from '../../adapters/kubernetes/doctor/site-doctor.ts';
import type { SiteQuestion } from '../../adapters/kubernetes/doctor/site-doctor.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { Cluster } from '../cluster-support/cluster.ts';
import { eventually } from '../cluster-support/eventually.ts';
import { grantLeast } from '../cluster-support/least-privilege.ts';
import { addNamespace, removeNamespace } from '../cluster-support/namespaces.ts';
import { apply } from '../cluster-support/objects.ts';
import type { KubeObject } from '../cluster-support/objects.ts';
import { torchRuntime } from '../cluster-support/operators.ts';
import { CLUSTER_START_MS, sharedCluster } from '../cluster-support/shared.ts';

const QUEUE = '/apis/scheduling.volcano.sh/v1beta1/queues/closed-to-doctor';
const RUNTIME = '/apis/trainer.kubeflow.org/v1alpha1/clustertrainingruntimes/seen-by-doctor';

let cluster: Cluster;
let namespace = '';
let admin: KubeApi;

beforeAll(async () => {
  cluster = await sharedCluster();
  namespace = await addNamespace(cluster.rest, 'doctor');
  admin = await createKubeApi({ kubeconfig: cluster.kubeconfig, context: null });
}, CLUSTER_START_MS);

afterAll(async () => {
  admin.close();
  for (const path of [QUEUE, RUNTIME]) await cluster.rest.send('DELETE', path);
  await removeNamespace(cluster.rest, namespace);
  await cluster.stop();
});

async function look(
  backend: ClusterBackendKind,
  named: Partial<SiteQuestion> = {},
  kubeconfig = cluster.kubeconfig,
): Promise<readonly SiteFinding[]> {
  return await siteFindings(() => createKubeApi({ kubeconfig, context: null }), {
    namespace,
    workspace: { root: tmpdir(), claim: 'workspace' },
    runAs: { user: process.getuid?.() ?? 0, group: 0 },
    minFree: 0,
    backend,
    queue: null,
    runtime: null,
    ...named,
  });
}

/** What `vcctl queue operate --action close` makes. */
function closing({ metadata }: { readonly metadata: { readonly name: string; readonly uid: string } }): KubeObject {
  const target = {
    apiVersion: 'scheduling.volcano.sh/v1beta1',
    kind: 'Queue',
    name: metadata.name,
    uid: metadata.uid,
    controller: true,
  };
  return {
    apiVersion: 'bus.volcano.sh/v1alpha1',
    kind: 'Command',
    metadata: { name: 'close-for-doctor', namespace, ownerReferences: [target] },
    action: 'CloseQueue',
    target,
  };
}

const line = (name: string, state: SiteFinding['state'], found: string) =>
  expect.objectContaining({ name, state, found: expect.stringContaining(found) });

describe('a cluster with every operator', () => {
  it('is found to have all backends, the later Trainer, and PodGroups of Volcano', async () => {
    const all = {
      trainer: 'runtimePatches',
      kueue: null,
      podGroups: 'volcano',
      backends: { 'kubernetes-job': true, volcano: true, trainjob: true, paddlejob: true },
    };
    expect(await discoverSite(admin)).toEqual(all);
    // Somebody without any right finds the same.
    const stranger = await createKubeApi({
      kubeconfig: cluster.kubeconfigFor({ token: cluster.token }),
      context: null,
    });
    expect(await discoverSite(stranger)).toEqual(all);
    stranger.close();
  });

  it.each([
    ['kubernetes-job', line('gang', 'ok', 'PodGroups of volcano')],
    ['volcano', line('queue', 'ok', 'default, open')],
    ['trainjob', line('trainjob', 'ok', 'trainer.kubeflow.org/v1alpha1, as of 2.2 and later')],
    ['trainjob', line('jobset', 'ok', 'jobset.x-k8s.io/v1alpha2')],
    ['paddlejob', line('samplesets', 'ok', 'batch.paddlepaddle.org/v1alpha1')],
  ] as const)('is told so by doctor, for %s', async (backend, expected) => {
    const findings = await look(backend);
    expect(findings).toContainEqual(expected);
    expect(findings).toContainEqual(line('api server', 'ok', 'v1.'));
    expect(findings).toContainEqual(line('rights', 'ok', 'may do all that is needed'));
  });
});

describe('doctor', () => {
  it('tells a queue that is closed, and one that is not there', async () => {
    await apply(cluster.rest, [
      {
        apiVersion: 'scheduling.volcano.sh/v1beta1',
        kind: 'Queue',
        metadata: { name: 'closed-to-doctor' },
        spec: { weight: 1 },
      },
    ]);
    const stateOf = async () =>
      (await cluster.rest.want<{ status?: { state?: string } }>('GET', QUEUE)).status?.state ?? '';
    await eventually('the queue is open', 60, async () => (await stateOf()) === 'Open');
    expect(await look('volcano', { queue: 'closed-to-doctor' })).toContainEqual(line('queue', 'ok', 'open'));
    await apply(cluster.rest, [closing(await cluster.rest.want('GET', QUEUE))]);
    await eventually('the queue is closed', 60, async () => (await stateOf()) === 'Closed');
    expect(await look('volcano', { queue: 'closed-to-doctor' })).toContainEqual(line('queue', 'missing', 'is Closed'));
    expect(await look('volcano', { queue: 'nowhere' })).toContainEqual(line('queue', 'missing', '"nowhere"'));
  });

  it('finds the runtime that a spec names, and says what it may not see', async () => {
    await apply(cluster.rest, [torchRuntime('seen-by-doctor')]);
    const named = { runtime: 'seen-by-doctor' };
    expect(await look('trainjob', named)).toContainEqual(
      line('runtime', 'ok', 'ClusterTrainingRuntime seen-by-doctor'),
    );
    expect(await look('trainjob', { runtime: 'gone' })).toContainEqual(line('runtime', 'missing', '"gone"'));
    const token = await grantLeast(cluster, namespace, ['trainjob'], false);
    const findings = await look('trainjob', named, cluster.kubeconfigFor({ token }));
    expect(findings).toContainEqual(line('runtime', 'warn', 'may not be read'));
    expect(findings).toContainEqual(line('rights', 'warn', 'clustertrainingruntimes'));
    expect(findings).toContainEqual(line('trainjob', 'ok', 'as of 2.2 and later'));
  });
});
