import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeptJobs } from '../../../../adapters/kubernetes/kept-jobs.ts';
import type { KeptJobs, KeptState } from '../../../../adapters/kubernetes/kept-jobs.ts';
import type { JobMaker } from '../../../../adapters/kubernetes/maker.ts';
import { suspendJob } from '../../../../adapters/kubernetes/suspend.ts';
import type { ClusterBackendKind, ClusterJobPlan } from '../../../../domain/pod-plan.ts';
import { CLUSTER_BACKENDS } from '../../../../worker/site-ports.ts';
import { clusterOptions, clusterRequest } from '../../../support/cluster-job.ts';
import { refusal, ScriptedKube } from '../../../support/scripted-kube.ts';

const PATHS: Readonly<Record<ClusterBackendKind, string>> = {
  'kubernetes-job': '/apis/batch/v1/namespaces/ml/jobs',
  volcano: '/apis/batch.volcano.sh/v1alpha1/namespaces/ml/jobs',
  trainjob: '/apis/trainer.kubeflow.org/v1alpha1/namespaces/ml/trainjobs',
  paddlejob: '/apis/batch.paddlepaddle.org/v1/namespaces/ml/paddlejobs',
};
const COMMANDS = '/apis/bus.volcano.sh/v1alpha1/namespaces/ml/commands';
const SUSPEND = { suspended: true, by: 'lin' } as const;
const RESUME = { suspended: false, by: null } as const;

let root: string;
let jobs: KeptJobs;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'trainyard-suspend-'));
  jobs = createKeptJobs(root, 'test');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A job that was made, unless told otherwise. */
function claimed(kind: ClusterBackendKind, state: Partial<KeptState> = {}): { name: string; path: string } {
  const request = clusterRequest({});
  const plan = { kind, options: clusterOptions({}) } as unknown as ClusterJobPlan;
  const kept = jobs.claim({ ...request, plan: { ...request.plan, cluster: plan } }, plan);
  jobs.update(kept.place, (one) => ({ ...one, uid: 'u1', since: { running: '2026-01-01T00:00:00Z' }, ...state }));
  return { name: request.name, path: `${PATHS[kind]}/${request.name}` };
}

const stateOf = (name: string): KeptState | undefined => jobs.read(name)?.state;

function live(over: object = {}): object {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'digits-abcdefgh-t1', namespace: 'ml', uid: 'u1' },
    ...over,
  };
}

async function bring(api: ScriptedKube, name: string, wish: { suspended: boolean; by: string | null }): Promise<void> {
  const maker = { settled: async () => undefined } as unknown as JobMaker;
  await suspendJob({ api, namespace: 'ml', backends: CLUSTER_BACKENDS, jobs, maker }, name, wish);
}

describe('a job that is suspended', () => {
  it('is marked, and its switch is turned for that very object', async () => {
    const { name, path } = claimed('kubernetes-job');
    const api = new ScriptedKube({ [`GET ${path}`]: live({ spec: {} }), [`PATCH ${path}`]: {} });
    await bring(api, name, SUSPEND);
    expect(stateOf(name)?.suspended).toEqual({ by: 'lin' });
    const [patch] = api.asked.filter(({ what }) => what.startsWith('PATCH'));
    expect(patch?.options.body).toEqual({ spec: { suspend: true }, metadata: { uid: 'u1' } });
  });

  it('keeps the first who asked, and asks nothing twice', async () => {
    const { name, path } = claimed('kubernetes-job', { suspended: { by: 'lin' } });
    const api = new ScriptedKube({ [`GET ${path}`]: live({ spec: { suspend: true } }) });
    await bring(api, name, { suspended: true, by: 'wei' });
    expect(stateOf(name)?.suspended).toEqual({ by: 'lin' });
    expect(api.asked.map(({ what }) => what)).toEqual([`GET ${path}`]);
  });

  it('goes on with all its time anew once that is done, and not before', async () => {
    const { name, path } = claimed('trainjob', { suspended: { by: 'lin' } });
    const down = { [`GET ${path}`]: live({ spec: { suspend: true } }), [`PATCH ${path}`]: refusal(503, 'Unavailable') };
    await expect(bring(new ScriptedKube(down), name, RESUME)).rejects.toMatchObject({ code: 'TY_CLUSTER_UNAVAILABLE' });
    expect(stateOf(name)?.suspended).toEqual({ by: 'lin' });
    await bring(new ScriptedKube({ ...down, [`PATCH ${path}`]: {} }), name, RESUME);
    expect(stateOf(name)).toMatchObject({ suspended: null, since: {} });
  });

  it('of Volcano is asked once, and waited for until it has heard', async () => {
    const { name, path } = claimed('volcano');
    const phases = ['Running', 'Running', 'Aborting'];
    const job = () => live({ spec: { maxRetry: 1001 }, status: { state: { phase: phases.shift() ?? 'Aborted' } } });
    const api = new ScriptedKube({ [`GET ${path}`]: job, [`POST ${COMMANDS}`]: {} });
    await bring(api, name, SUSPEND);
    expect(api.asked.map(({ what }) => what.split(' ')[0])).toEqual(['GET', 'POST', 'GET', 'GET']);
  });

  it('of Volcano is not asked again by a try whose Command is still on its way', async () => {
    const { name, path } = claimed('volcano');
    const phases = ['Running', 'Aborted'];
    const job = () => live({ spec: { maxRetry: 1001 }, status: { state: { phase: phases.shift() ?? 'Aborted' } } });
    await bring(
      new ScriptedKube({ [`GET ${path}`]: job, [`POST ${COMMANDS}`]: refusal(409, 'AlreadyExists') }),
      name,
      SUSPEND,
    );
    expect(stateOf(name)?.suspended).toEqual({ by: 'lin' });
  });

  it('that waits to be made only gets the mark', async () => {
    const { name } = claimed('kubernetes-job', { uid: null });
    const api = new ScriptedKube({});
    await bring(api, name, SUSPEND);
    expect([stateOf(name)?.suspended, api.asked]).toEqual([{ by: 'lin' }, []]);
  });
});

describe('a wish to suspend', () => {
  it('leaves no mark where the cluster refuses it for good', async () => {
    const { name, path } = claimed('kubernetes-job');
    const forbidden = { [`GET ${path}`]: live({ spec: {} }), [`PATCH ${path}`]: refusal(403, 'Forbidden') };
    await expect(bring(new ScriptedKube(forbidden), name, SUSPEND)).rejects.toMatchObject({
      code: 'TY_CLUSTER_FORBIDDEN',
    });
    expect(stateOf(name)?.suspended).toBeNull();
  });

  it('keeps its mark while another try may do it', async () => {
    const { name, path } = claimed('kubernetes-job');
    const down = { [`GET ${path}`]: live({ spec: {} }), [`PATCH ${path}`]: refusal(null, 'ECONNRESET') };
    await expect(bring(new ScriptedKube(down), name, SUSPEND)).rejects.toMatchObject({
      code: 'TY_CLUSTER_UNAVAILABLE',
    });
    expect(stateOf(name)?.suspended).toEqual({ by: 'lin' });
  });

  it.each([
    ['that was never there', null, {}],
    ['whose name is another object’s', {}, { metadata: { uid: 'u2' } }],
    ['that is being deleted', {}, { metadata: { uid: 'u1', deletionTimestamp: '2026-01-01T00:00:00Z' } }],
    ['that is being ended', { endedBy: { why: 'cancel', reason: 'cancelled' } }, {}],
  ] as const)('is refused for a job %s', async (_what, state, object) => {
    const { name, path } = state === null ? { name: 'nobody', path: '' } : claimed('kubernetes-job', state);
    const api = new ScriptedKube({ [`GET ${path}`]: live({ spec: {}, ...object }) });
    await expect(bring(api, name, SUSPEND)).rejects.toMatchObject({ code: 'TY_RUN_NOT_SUSPENDABLE' });
    expect(api.asked.filter(({ what }) => !what.startsWith('GET'))).toEqual([]);
    expect(stateOf(name)?.suspended ?? null).toBeNull();
  });

  it('is refused for a PaddleJob before the cluster is asked anything', async () => {
    const { name } = claimed('paddlejob');
    const api = new ScriptedKube({});
    await expect(bring(api, name, SUSPEND)).rejects.toMatchObject({ code: 'TY_BACKEND_SUSPEND' });
    expect(api.asked).toEqual([]);
  });
});
