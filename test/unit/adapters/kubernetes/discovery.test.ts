import { describe, expect, it } from 'vitest';
import { discoverSite } from '../../../../adapters/kubernetes/discovery.ts';
import { refusal, ScriptedKube, served } from '../../../support/scripted-kube.ts';

const CRD = 'GET /apis/apiextensions.k8s.io/v1/customresourcedefinitions/trainjobs.trainer.kubeflow.org';
const OPENAPI = 'GET /openapi/v3/apis/trainer.kubeflow.org/v1alpha1';
const TRAINER = served({ 'trainer.kubeflow.org/v1alpha1': ['trainjobs', 'trainjobs/status'] });
const specOf = (field: string) => ({ properties: { spec: { properties: { [field]: { type: 'array' } } } } });

function crdWith(field: string) {
  return { spec: { versions: [{ name: 'v1alpha1', served: true, schema: { openAPIV3Schema: specOf(field) } }] } };
}

function openapiWith(field: string) {
  const schemas = {
    'org.kubeflow.trainer.v1alpha1.TrainJobList': {
      'x-kubernetes-group-version-kind': [{ group: 'trainer.kubeflow.org', kind: 'TrainJobList', version: 'v1alpha1' }],
    },
    'org.kubeflow.trainer.v1alpha1.TrainJob': {
      'x-kubernetes-group-version-kind': [{ group: 'trainer.kubeflow.org', kind: 'TrainJob', version: 'v1alpha1' }],
      ...specOf(field),
    },
  };
  return { components: { schemas } };
}

describe('discoverSite', () => {
  it('finds plain Jobs alone on a bare cluster, with one question', async () => {
    const api = new ScriptedKube(served({ 'apps/v1': ['deployments'] }));
    expect(await discoverSite(api)).toEqual({
      trainer: null,
      kueue: null,
      podGroups: null,
      backends: { 'kubernetes-job': true, volcano: false, trainjob: false, paddlejob: false },
    });
    expect(api.asked.map(({ what }) => what)).toEqual(['GET /apis']);
  });

  it('finds each backend by the resource it needs, not by the group alone', async () => {
    const api = new ScriptedKube(
      served({
        'batch.volcano.sh/v1alpha1': ['jobs', 'jobs/status'],
        'batch.paddlepaddle.org/v1alpha1': ['samplesets'],
        'trainer.kubeflow.org/v1alpha1': ['trainingruntimes'],
      }),
    );
    const { backends } = await discoverSite(api);
    expect(backends).toEqual({ 'kubernetes-job': true, volcano: true, trainjob: false, paddlejob: false });
  });

  it.each(['runtimePatches', 'podTemplateOverrides'] as const)('reads the dialect %s from the CRD', async (field) => {
    const api = new ScriptedKube({ ...TRAINER, [CRD]: crdWith(field), [OPENAPI]: refusal(500, 'never asked') });
    expect(await discoverSite(api)).toMatchObject({ trainer: field, backends: { trainjob: true } });
  });

  it.each(['runtimePatches', 'podTemplateOverrides'] as const)(
    'reads the dialect %s from the published schema where the CRD may not be read',
    async (field) => {
      const api = new ScriptedKube({ ...TRAINER, [CRD]: refusal(403, 'Forbidden'), [OPENAPI]: openapiWith(field) });
      expect((await discoverSite(api)).trainer).toBe(field);
    },
  );

  it('takes the newer of two dialects', async () => {
    const fields = { podTemplateOverrides: {}, runtimePatches: {} };
    const schema = { openAPIV3Schema: { properties: { spec: { properties: fields } } } };
    const api = new ScriptedKube({ ...TRAINER, [CRD]: { spec: { versions: [{ name: 'v1alpha1', schema }] } } });
    expect((await discoverSite(api)).trainer).toBe('runtimePatches');
  });

  it.each([
    ['that has neither field', crdWith('podSpecOverrides')],
    ['that has a field named like an inherited one', crdWith('toString')],
    ['of another version', { spec: { versions: [{ name: 'v2beta1', schema: {} }] } }],
    ['without a schema', { spec: { versions: [{ name: 'v1alpha1', served: true }] } }],
    ['that is described by something else', 'runtimePatches'],
  ])('speaks no dialect with a Trainer %s', async (_, crd) => {
    const api = new ScriptedKube({ ...TRAINER, [CRD]: crd });
    expect(await discoverSite(api)).toMatchObject({ trainer: null, backends: { trainjob: true } });
  });

  it('speaks no dialect where neither the definition nor the schema can be read', async () => {
    const api = new ScriptedKube({
      ...TRAINER,
      [CRD]: refusal(403, 'Forbidden'),
      [OPENAPI]: refusal(403, 'Forbidden'),
    });
    expect((await discoverSite(api)).trainer).toBeNull();
  });

  it('takes the newer API of Kueue where both are served', async () => {
    const both = served({ 'kueue.x-k8s.io/v1beta1': ['workloads'], 'kueue.x-k8s.io/v1beta2': ['workloads'] });
    expect((await discoverSite(new ScriptedKube(both))).kueue).toBe('v1beta2');
    const old = served({ 'kueue.x-k8s.io/v1beta1': ['workloads'] });
    expect((await discoverSite(new ScriptedKube(old))).kueue).toBe('v1beta1');
  });

  it("takes Volcano's PodGroups before those of the coscheduling plugin", async () => {
    const plugin = { 'scheduling.x-k8s.io/v1alpha1': ['podgroups'] };
    const both = served({ ...plugin, 'scheduling.volcano.sh/v1beta1': ['podgroups', 'queues'] });
    expect((await discoverSite(new ScriptedKube(both))).podGroups).toBe('volcano');
    expect((await discoverSite(new ScriptedKube(served(plugin)))).podGroups).toBe('coscheduling');
  });

  it('throws what the API server says where it cannot be asked', async () => {
    const api = new ScriptedKube({ 'GET /apis': refusal(401, 'Unauthorized') });
    await expect(discoverSite(api)).rejects.toMatchObject({ status: 401 });
  });
});
