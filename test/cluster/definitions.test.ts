import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubeApi } from '../../adapters/kubernetes/api.ts';
import type { KubeApi } from '../../adapters/kubernetes/api.ts';
import { discoverSite } from '../../adapters/kubernetes/discovery.ts';
import { queueFindings } from '../../adapters/kubernetes/doctor/named.ts';
import { startCluster } from '../cluster-support/cluster.ts';
import type { OwnCluster } from '../cluster-support/cluster.ts';
import { objections } from '../cluster-support/dry-run.ts';
import { eventually } from '../cluster-support/eventually.ts';
import { addNamespace } from '../cluster-support/namespaces.ts';
import { apply, applyDefinitions, readManifests } from '../cluster-support/objects.ts';
import type { KubeObject } from '../cluster-support/objects.ts';
import { CLUSTER_START_MS } from '../cluster-support/shared.ts';
import { manifestCases } from '../support/manifest-cases.ts';

const DEFINITIONS = join(import.meta.dirname, '..', 'cluster-support', 'crds');
const KUEUE = 'kueue.x-k8s.io';

let cluster: OwnCluster;
let api: KubeApi;
let namespace = '';

/** The rest of Kueue is not asked for more than its name. */
const WORKLOADS: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: `workloads.${KUEUE}`,
    annotations: { 'api-approved.kubernetes.io': 'unapproved, a stand-in for tests' },
  },
  spec: {
    group: KUEUE,
    scope: 'Namespaced',
    names: { kind: 'Workload', listKind: 'WorkloadList', plural: 'workloads', singular: 'workload' },
    versions: ['v1beta1', 'v1beta2'].map((name) => ({
      name,
      served: true,
      storage: name === 'v1beta2',
      schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
    })),
  },
};

beforeAll(async () => {
  cluster = await startCluster({ playedNodes: [] });
  namespace = await addNamespace(cluster.rest, 'definitions');
  api = await createKubeApi({ kubeconfig: cluster.kubeconfig, context: null });
}, CLUSTER_START_MS);

afterAll(async () => {
  api?.close();
  await cluster?.stop();
});

/** Of a cluster on which nothing runs but the API server: definitions without their webhooks. */
const install = (folder: string) => applyDefinitions(cluster.rest, readManifests(join(DEFINITIONS, folder)));

describe('a cluster', () => {
  it('of Kubernetes alone has plain Jobs and nothing else', async () => {
    expect(await discoverSite(api)).toEqual({
      trainer: null,
      kueue: null,
      podGroups: null,
      backends: { 'kubernetes-job': true, volcano: false, trainjob: false, paddlejob: false },
    });
  });

  it('with Kubeflow Trainer 2.1 is spoken to in its own form, whoever reads its definition', async () => {
    await install('trainer-2.1');
    expect(await discoverSite(api)).toMatchObject({ trainer: 'podTemplateOverrides', backends: { trainjob: true } });
    // Somebody without any right reads the published schema, which follows a moment later.
    const kubeconfig = cluster.kubeconfigFor({ token: cluster.token });
    const stranger = await createKubeApi({ kubeconfig, context: null });
    await eventually('the schema is published', 30, async () => {
      return (await discoverSite(stranger)).trainer === 'podTemplateOverrides';
    });
    stranger.close();
  });

  it('takes the objects for Trainer 2.1', async () => {
    const cases = manifestCases().filter(({ trainer }) => trainer === 'podTemplateOverrides');
    expect(cases.length).toBeGreaterThan(1);
    for (const one of cases) {
      // The definition of a namespace's runtimes is the same as of the cluster's, but for the scope.
      const objects = one
        .render(namespace)
        .map((object) => (object.kind === 'TrainingRuntime' ? { ...object, kind: 'ClusterTrainingRuntime' } : object));
      expect(await objections(cluster.rest, objects), one.name).toEqual([]);
    }
  });

  it('does not take the objects of a later Trainer, which is why the two are told apart', async () => {
    const later = manifestCases().find(({ name }) => name === 'existing-runtime');
    const refused = await objections(cluster.rest, later?.render(namespace) ?? []);
    expect(refused.join()).toContain('unknown field "spec.runtimePatches"');
  });

  it('with the coscheduling plugin is found, and takes its PodGroup', async () => {
    await install('scheduler-plugins');
    expect(await discoverSite(api)).toMatchObject({ podGroups: 'coscheduling' });
    const gang = manifestCases().find(
      ({ backend, name }) => backend === 'kubernetes-job' && name === 'gang-coscheduling',
    );
    expect(await objections(cluster.rest, gang?.render(namespace) ?? [])).toEqual([]);
    expect(gang?.render(namespace).map(({ kind }) => kind)).toContain('PodGroup');
  });

  it('with Kueue is found by the newest version it serves, and doctor finds a LocalQueue', async () => {
    await install('kueue');
    await applyDefinitions(cluster.rest, [WORKLOADS]);
    const found = await discoverSite(api);
    expect(found.kueue).toBe('v1beta2');
    const queue = { apiVersion: `${KUEUE}/v1beta2`, kind: 'LocalQueue', metadata: { name: 'ml', namespace } };
    await apply(cluster.rest, [{ ...queue, spec: { clusterQueue: 'all' } }]);
    const look = (name: string) =>
      queueFindings(api, 'kubernetes-job', found, { namespace, queue: name, runtime: null });
    expect(await look('ml')).toMatchObject([{ name: 'queue', state: 'ok' }]);
    expect(await look('gone')).toMatchObject([{ state: 'missing', found: expect.stringContaining('"gone"') }]);
  });
});
