import { describe, expect, it } from 'vitest';
import { dryRun } from '../../../../adapters/kubernetes/dry-run.ts';
import type { KubeObject } from '../../../../domain/cluster-job.ts';
import { refusal, ScriptedKube } from '../../../support/scripted-kube.ts';

const RUNTIME: KubeObject = {
  apiVersion: 'trainer.kubeflow.org/v1alpha1',
  kind: 'TrainingRuntime',
  metadata: { name: 'toy-t1', namespace: 'ml' },
};
const JOB: KubeObject = { ...RUNTIME, kind: 'TrainJob' };
const PATH = 'POST /apis/trainer.kubeflow.org/v1alpha1/namespaces/ml/trainjobs';

const tried = (answer: unknown) => dryRun(new ScriptedKube({ [PATH]: answer }), 'ml', JOB, [RUNTIME, JOB]);

describe('a dry run on the server', () => {
  it('asks for nothing to be kept, and for every unknown field to be refused', async () => {
    const kube = new ScriptedKube({ [PATH]: {} });
    expect(await dryRun(kube, 'ml', JOB, [JOB])).toEqual({ kind: 'accepted' });
    expect(kube.asked[0]?.options.query).toMatchObject({ dryRun: 'All', fieldValidation: 'Strict' });
  });

  it('tells a name that is there from a refusal', async () => {
    expect(await tried(refusal(409, 'AlreadyExists'))).toEqual({ kind: 'exists' });
  });

  it('tells a quota, which a run would wait for, from a refusal', async () => {
    const why = 'pods is forbidden: exceeded quota: team';
    expect(await tried(refusal(403, 'Forbidden', why))).toEqual({ kind: 'no room', why });
  });

  it('does not judge a job by the objects it builds on, which were not made', async () => {
    const why = 'admission webhook denied the request: TrainingRuntime "toy-t1" not found';
    expect(await tried(refusal(422, 'Invalid', why))).toEqual({ kind: 'not judged', why });
  });

  it.each([
    [refusal(422, 'Invalid', 'spec.numNodes: must be positive'), 'TY_JOB_REFUSED'],
    [refusal(403, 'Forbidden', 'cannot create resource'), 'TY_CLUSTER_FORBIDDEN'],
    [refusal(404, 'NotFound', 'the server could not find the requested resource'), 'TY_BACKEND_MISSING'],
  ])('gives %s as the error that a run would get', async (failure, code) => {
    expect(await tried(failure)).toMatchObject({ kind: 'refused', error: { code } });
  });
});
