import { describe, expect, it } from 'vitest';
import type { ClusterSite } from '../../../../domain/cluster-job.ts';
import { CLUSTER_BACKENDS } from '../../../../domain/pod-plan.ts';
import type { ClusterBackendKind } from '../../../../domain/pod-plan.ts';
import type { ReplicaPlan, ReplicaSources } from '../../../../domain/replica-plan.ts';
import { at, listAt, textAt } from '../../../../domain/json.ts';
import { BACKEND_OPTIONS } from '../../../support/backend-options.ts';
import {
  clusterOptions,
  clusterRequest,
  clusterSite,
  livePod,
  observed,
  submitted,
  terminated,
  torchRole,
} from '../../../support/cluster-job.ts';
import type { JobRequestOptions } from '../../../support/job-request.ts';
import { trainStep } from '../../../support/job-request.ts';
import { BACKENDS } from '../../../support/render-spec.ts';

const COMMIT = 'a'.repeat(40);
const pin = (name: string) =>
  ({ kind: 'git', url: `https://git.example/${name}`, credential: 'forge', ref: 'main', commit: COMMIT }) as const;
const SOURCES: ReplicaSources = {
  model: pin('model'),
  code: pin('code'),
  dataset: pin('data'),
  requiredFiles: ['train.py'],
  trained: null,
};
const SITE: Partial<ClusterSite> = {
  workspace: {
    claim: null,
    root: '/workspace',
    subPath: '',
    replicas: {
      image: 'reg.example/trainyard:1',
      command: ['trainyard'],
      credentials: 'forge-secret',
      git: { allow: [], insecureTls: [], lowSpeed: { bytesPerSecond: 1, seconds: 2 } },
      handover: {
        kind: 's3',
        bucket: 'runs',
        prefix: '',
        region: 'r',
        endpoint: null,
        pathStyle: true,
        secret: 'store-secret',
      },
    },
  },
};

function podsOf(
  kind: ClusterBackendKind,
  over: Partial<JobRequestOptions> = {},
  sources = SOURCES,
): readonly unknown[] {
  const request = { ...clusterRequest({ role: torchRole(2), ...over }), sources };
  const options = clusterOptions(BACKEND_OPTIONS[kind].parse({ kind }), {}, { driver: { main: true } });
  return findPods(BACKENDS[kind].render(request, clusterSite(SITE), options));
}

/** Every pod template below some objects. */
function findPods(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = Array.isArray(at(value, 'spec', 'containers')) ? [value] : [];
  return [...own, ...Object.values(value).flatMap(findPods)];
}

const names = (pod: unknown, list: string): readonly (string | null)[] =>
  listAt(pod, 'spec', list).map((one) => textAt(one, 'name'));

describe('pods of a site without a shared claim', () => {
  it.each(CLUSTER_BACKENDS)('fetch before they train and hand over beside it on %s', (kind) => {
    const pods = podsOf(kind);
    expect(pods).toHaveLength(1);
    expect(names(pods[0], 'initContainers')).toEqual(['prepare']);
    expect(names(pods[0], 'containers')).toEqual([kind === 'trainjob' ? 'node' : 'train', 'hand-over']);
    expect(JSON.stringify(pods[0])).not.toContain('trainyard-workspace');
  });

  it.each(CLUSTER_BACKENDS)('show no secret to the containers of the job on %s', (kind) => {
    const [pod] = podsOf(kind);
    const mounts = (one: unknown) => listAt(one, 'volumeMounts').map((mount) => textAt(mount, 'name'));
    const [main, hands] = listAt(pod, 'spec', 'containers');
    expect(mounts(main)).not.toContain('trainyard-credentials');
    expect(mounts(main)).not.toContain('trainyard-store');
    expect(mounts(hands)).not.toContain('trainyard-credentials');
  });

  it('carry the pinned commits and the names of secrets, never their values, in the plan', () => {
    const [pod] = podsOf('kubernetes-job');
    const plan = JSON.parse(textAt(pod, 'metadata', 'annotations', 'trainyard.dev/replica') ?? '') as ReplicaPlan;
    expect(plan.fetch.map(({ what, into }) => [what, into])).toEqual([
      ['model', 'code'],
      ['code', 'code'],
      ['dataset', 'dataset'],
    ]);
    expect(plan.fetch.every(({ pin: one }) => one.kind === 'git' && one.commit === COMMIT)).toBe(true);
    expect(plan.leaves).toEqual(['output', 'metrics']);
  });

  it('take what training left into the packaging job, and leave the package', () => {
    const steps = [trainStep(['python3', 'export.py'])];
    const request = clusterRequest({ role: { name: 'package', steps } });
    const whole = { ...request, plan: { ...request.plan, purpose: 'package' as const } };
    const options = clusterOptions(BACKEND_OPTIONS['kubernetes-job'].parse({ kind: 'kubernetes-job' }));
    const sources = { ...SOURCES, trained: 'runs/r/t1' };
    const [pod] = findPods(BACKENDS['kubernetes-job'].render({ ...whole, sources }, clusterSite(SITE), options));
    const plan = JSON.parse(textAt(pod, 'metadata', 'annotations', 'trainyard.dev/replica') ?? '') as ReplicaPlan;
    expect(plan).toMatchObject({ trained: 'runs/r/t1', leaves: ['package', 'metrics'] });
    expect(plan.folders).toContain('package/digits/1');
  });

  it('hand over from the main role alone where roles are unlike', () => {
    const role = (name: string, replicas: number) => ({ ...torchRole(replicas), name, launcher: 'plain' as const });
    const pods = podsOf('volcano', { roles: [role('ps', 2), role('driver', 1)] });
    expect(pods.map((pod) => names(pod, 'containers').length)).toEqual([1, 2]);
    const [, hands] = listAt(pods[1], 'spec', 'containers');
    // Two servers come before it: its rank across the job is 2.
    expect(listAt(hands, 'command').slice(-2)).toEqual(['--rank', '2']);
  });

  it('are refused on a runtime that exists, which runs nothing before its step', () => {
    const options = clusterOptions(BACKEND_OPTIONS.trainjob.parse({ kind: 'trainjob', runtime: 'torch' }));
    const request = { ...clusterRequest({ role: torchRole(2) }), sources: SOURCES };
    expect(() => BACKENDS.trainjob.render(request, clusterSite(SITE), options)).toThrow(
      expect.objectContaining({ code: 'TY_BACKEND_UNSUPPORTED' }),
    );
  });
});

describe('a replica that could not bring or hand over its files', () => {
  const cause = (over: Parameters<typeof livePod>[0]) => {
    const request = clusterRequest({ role: torchRole(1) });
    const options = clusterOptions(BACKEND_OPTIONS['kubernetes-job'].parse({ kind: 'kubernetes-job' }));
    const job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: request.name, uid: 'u1' },
      status: { conditions: [{ type: 'Failed', status: 'True', reason: 'PodFailurePolicy' }] },
    };
    const seen = observed({ job, pods: [livePod({ phase: 'Failed', ...over })] });
    return BACKENDS['kubernetes-job'].status(submitted(request, options), seen).cause;
  };
  const ended = (words: string) => terminated(1, 30, 'Error', words);

  it.each([
    ['TY_GIT_AUTH: the server refused the credential (https://git.example)', 'TY_GIT_AUTH', 'code'],
    ['TY_GIT_UNREACHABLE: no answer', 'TY_GIT_UNREACHABLE', 'infrastructure'],
    ['TY_NOT_A_CODE: what', 'TY_JOB_INIT_FAILED', 'code'],
  ])('fails for what its container says: %s', (words, code, budget) => {
    const init = [{ name: 'prepare', state: ended(words) }];
    expect(cause({ init, state: { waiting: { reason: 'PodInitializing' } } })).toMatchObject({
      kind: 'init-failed',
      code,
      budget,
    });
  });

  it('is a job that left nothing when only the handing over failed', () => {
    const containers = [
      { name: 'train', state: terminated(0, 20) },
      { name: 'hand-over', state: ended('TY_HANDOVER_FAILED: the bucket is full') },
    ];
    const found = cause({ containers });
    expect(found).toMatchObject({ kind: 'no-output', code: 'TY_HANDOVER_FAILED', budget: 'infrastructure' });
    expect(found?.message).toContain('the bucket is full');
  });
});
