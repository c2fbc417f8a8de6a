import { describe, expect, it } from 'vitest';
import { renderTrainJob } from '../../../../backends/trainjob/render.ts';
import { trainjobBackendOptions } from '../../../../backends/trainjob/options.ts';
import { at, listAt } from '../../../../domain/json.ts';
import type { ClusterSite, KubeObject } from '../../../../domain/cluster-job.ts';
import type { JobRequest } from '../../../../domain/job.ts';
import type { PodPlan } from '../../../../domain/pod-plan.ts';
import { clusterOptions, clusterRequest, clusterSite, torchRole } from '../../../support/cluster-job.ts';

type Dialect = NonNullable<ClusterSite['dialects']['trainer']>;

interface Case {
  readonly dialect?: Dialect;
  readonly kueue?: 'v1beta2';
  readonly backend?: object;
  readonly pod?: Partial<PodPlan>;
  readonly request?: JobRequest;
  readonly hostPathAllowed?: boolean;
}

function render({ dialect = 'runtimePatches', kueue, backend, pod, request, hostPathAllowed = false }: Case = {}) {
  const options = trainjobBackendOptions.parse({ kind: 'trainjob', runtime: 'torch-distributed', ...backend });
  const dialects = { trainer: dialect, kueue: kueue ?? null, podGroups: null };
  return renderTrainJob(
    request ?? clusterRequest({ roles: [torchRole(2)] }),
    clusterSite({ dialects, hostPathAllowed, serviceAccounts: ['trainer'] }),
    clusterOptions(options, pod),
  );
}

/** The parts that change the pods, in the order in which Trainer applies them. */
function patches(objects: readonly KubeObject[], dialect: Dialect): readonly unknown[] {
  const list = listAt(objects.at(-1), 'spec', dialect);
  if (dialect === 'podTemplateOverrides') return list;
  const path = ['trainingRuntimeSpec', 'template', 'spec', 'replicatedJobs', 0, 'template', 'spec', 'template'];
  return list.map((patch) => at(patch, ...path));
}

const DIALECTS = ['podTemplateOverrides', 'runtimePatches'] as const;
const placed: Partial<PodPlan> = {
  serviceAccount: 'trainer',
  nodeSelector: { disk: 'ssd' },
  tolerations: [{ key: 'gpu', operator: 'Exists' }],
  imagePullSecrets: ['pull'],
  affinity: { nodeAffinity: {} },
};

describe('a TrainJob on an existing runtime', () => {
  it('names the runtime and makes none', () => {
    const objects = render({ backend: { runtime: { kind: 'TrainingRuntime', name: 'ours' } } });
    expect(objects.map((one) => one.kind)).toEqual(['TrainJob']);
    expect(at(objects[0], 'spec', 'runtimeRef')).toEqual({
      apiGroup: 'trainer.kubeflow.org',
      kind: 'TrainingRuntime',
      name: 'ours',
    });
  });

  it("starts the command where the code is, without any text of the user's in the shell", () => {
    const trainer = at(render()[0], 'spec', 'trainer');
    expect(trainer).toMatchObject({
      image: 'registry.example/train:1',
      command: ['sh', '-c', 'cd "$$1" && shift && exec "$$@"', 'sh'],
      args: ['/code', 'python3', '-m', 'torch.distributed.run', 'train.py', '--epochs=3'],
      numNodes: 2,
      numProcPerNode: 1,
    });
  });

  it('asks for resources only if there are any', () => {
    expect(at(render()[0], 'spec', 'trainer')).not.toHaveProperty('resourcesPerNode');
    const trainer = at(render({ pod: { cpu: 1, memoryBytes: 2 ** 31 } })[0], 'spec', 'trainer');
    expect(trainer).toMatchObject({ resourcesPerNode: { limits: { cpu: '1', memory: '2147483648' } } });
  });

  it.each([
    ['torch', undefined, false],
    ['plain', 'plain', true],
  ])('tells a %s runtime no more than it may', (_claim, policy, told) => {
    const trainer = at(render({ backend: { policy } })[0], 'spec', 'trainer');
    const names = listAt(trainer, 'env').map((one) => at(one, 'name'));
    expect(names.includes('PET_MASTER_ADDR')).toBe(told);
    expect(names.includes('PET_NNODES')).toBe(told);
    expect(names).toContain('TRAINYARD_OUTPUT_DIR');
  });

  it('is written with runtimePatches for Trainer 2.2 and newer', () => {
    const spec = render()[0]?.spec;
    expect(spec).not.toHaveProperty('podTemplateOverrides');
    expect(at(spec, 'runtimePatches', 0)).toMatchObject({
      manager: 'trainyard.dev/run',
      trainingRuntimeSpec: {
        template: {
          metadata: { labels: { 'trainyard.dev/job': 'digits-abcdefgh-t1' } },
          spec: { replicatedJobs: [{ name: 'node' }] },
        },
      },
    });
  });

  it('is written with podTemplateOverrides for Trainer 2.1', () => {
    const spec = render({ dialect: 'podTemplateOverrides' })[0]?.spec;
    expect(spec).not.toHaveProperty('runtimePatches');
    expect(spec).toMatchObject({ labels: { 'trainyard.dev/job': 'digits-abcdefgh-t1' } });
    for (const override of listAt(spec, 'podTemplateOverrides')) {
      expect(override).toMatchObject({ targetJobs: [{ name: 'node' }] });
    }
  });

  describe.each(DIALECTS)('with %s', (dialect) => {
    it('labels the pods, for Trainer passes no label on', () => {
      for (const patch of patches(render({ dialect }), dialect)) {
        expect(patch).toMatchObject({
          metadata: { labels: { 'trainyard.dev/job': 'digits-abcdefgh-t1', 'trainyard.dev/role': 'worker' } },
        });
      }
    });

    it('mounts no volume twice in one patch, and every path once over all of them', () => {
      const pod = {
        volumes: [
          { claim: 'data', mountPath: '/data', subPath: null, readOnly: true },
          { claim: 'data', mountPath: '/more', subPath: 'more', readOnly: false },
        ],
      };
      const all = patches(render({ dialect, pod }), dialect).map((patch) =>
        listAt(patch, 'spec', 'containers', 0, 'volumeMounts'),
      );
      for (const mounts of all) {
        const names = mounts.map((mount) => at(mount, 'name'));
        expect(new Set(names).size).toBe(names.length);
      }
      const paths = all.flat().map((mount) => at(mount, 'mountPath'));
      expect(paths.toSorted()).toEqual(
        [
          '/code',
          '/data',
          '/dataset',
          '/dev/shm',
          '/metrics/metrics.jsonl',
          '/model',
          '/more',
          '/package',
          '/scratch',
        ].toSorted(),
      );
    });

    it('sets no variable in the container, which only the TrainJob may', () => {
      for (const patch of patches(render({ dialect }), dialect)) {
        for (const container of listAt(patch, 'spec', 'containers')) expect(container).not.toHaveProperty('env');
      }
    });

    it('places the pods', () => {
      const [first] = patches(render({ dialect, pod: placed }), dialect);
      expect(at(first, 'spec')).toMatchObject({
        serviceAccountName: 'trainer',
        nodeSelector: { disk: 'ssd' },
        tolerations: [{ key: 'gpu', operator: 'Exists' }],
        imagePullSecrets: [{ name: 'pull' }],
        affinity: { nodeAffinity: {} },
      });
    });

    it('changes nothing that the dialect cannot', () => {
      const allowed = [
        'affinity',
        'containers',
        'imagePullSecrets',
        'nodeSelector',
        'serviceAccountName',
        'tolerations',
        'volumes',
        ...(dialect === 'runtimePatches' ? ['securityContext', 'terminationGracePeriodSeconds'] : []),
      ];
      const inContainer = ['name', 'volumeMounts', ...(dialect === 'runtimePatches' ? ['securityContext'] : [])];
      for (const patch of patches(render({ dialect, pod: placed }), dialect)) {
        const spec = at(patch, 'spec') as object;
        for (const field of Object.keys(spec)) expect(allowed).toContain(field);
        for (const field of Object.keys(at(spec, 'containers', 0) as object)) expect(inContainer).toContain(field);
      }
    });

    it.each([
      ['a ConfigMap', { code: { kind: 'configMap', name: 'script' } }, { configMap: { name: 'script' } }],
      [
        'a folder of the node',
        { code: { kind: 'hostPath', path: '/data' } },
        { hostPath: { path: '/data', type: 'Directory' } },
      ],
    ] as const)('brings code by %s', (_claim, pod, source) => {
      const [first] = patches(render({ dialect, pod, hostPathAllowed: true }), dialect);
      expect(listAt(first, 'spec', 'volumes')).toContainEqual({ name: 'code', ...source });
      const mounts = listAt(first, 'spec', 'containers', 0, 'volumeMounts');
      expect(mounts).toContainEqual({ name: 'code', mountPath: '/code', readOnly: true });
    });

    it('finds code in the image', () => {
      const objects = render({ dialect, pod: { code: { kind: 'image', path: '/workspace' } } });
      expect(listAt(objects[0], 'spec', 'trainer', 'args')[0]).toBe('/workspace');
      const mounts = patches(objects, dialect).flatMap((patch) =>
        listAt(patch, 'spec', 'containers', 0, 'volumeMounts'),
      );
      expect(mounts.map((mount) => at(mount, 'mountPath'))).not.toContain('/code');
    });
  });

  it('can wait in a queue of Kueue', () => {
    const [job] = render({ kueue: 'v1beta2', backend: { queue: 'ml' } });
    expect(job?.metadata.labels).toMatchObject({ 'kueue.x-k8s.io/queue-name': 'ml' });
  });

  it('packages on a runtime of its own, for packaging has steps', () => {
    const request = clusterRequest({ roles: [torchRole(1, { launcher: 'plain' })] });
    const packaging = { ...request, plan: { ...request.plan, purpose: 'package' as const } };
    expect(render({ request: packaging }).map((one) => one.kind)).toEqual(['TrainingRuntime', 'TrainJob']);
  });

  it.each([
    ['a priority class', { backend: { priorityClass: 'gold' } }, /priorityClass/],
    ['a gang', { backend: { gang: 'volcano' } }, /gang/],
    ['a priority without a queue', { kueue: 'v1beta2', backend: { workloadPriority: 'high' } }, /to know a queue/],
    ['a scheduler', { backend: { scheduler: 'mine' } }, /scheduler/],
    ['when the image is pulled', { pod: { imagePullPolicy: 'Always' } }, /when its image is pulled/],
    ['more than 128 variables', { pod: { secretEnv: secrets(129) } }, /at most 128/],
    ['one claim at 15 paths', { pod: { volumes: claims(15) } }, /mounted 15 times/],
  ] as const)('refuses %s, which it cannot change', (_claim, over: Case, message) => {
    const refused = expect.objectContaining({
      code: 'TY_BACKEND_UNSUPPORTED',
      message: expect.stringMatching(message),
    });
    expect(() => render(over)).toThrow(refused);
  });
});

function secrets(count: number): PodPlan['secretEnv'] {
  return Object.fromEntries(Array.from({ length: count }, (_none, index) => [`V${index}`, { secret: 's', key: 'k' }]));
}

function claims(count: number): PodPlan['volumes'] {
  return Array.from({ length: count }, (_none, index) => ({
    claim: 'data',
    mountPath: `/data-${index}`,
    subPath: null,
    readOnly: true,
  }));
}
