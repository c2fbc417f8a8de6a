import { describe, expect, it } from 'vitest';
import { paddlejobBackend } from '../../../../backends/paddlejob/backend.ts';
import { paddlejobBackendOptions } from '../../../../backends/paddlejob/options.ts';
import { at, listAt } from '../../../../domain/json.ts';
import type { ClusterSite, KubeObject } from '../../../../domain/cluster-job.ts';
import type { RolePlan } from '../../../../domain/job.ts';
import type { PodPlan, RoleTerms } from '../../../../domain/pod-plan.ts';
import { clusterOptions, clusterRequest, clusterSite, torchRole } from '../../../support/cluster-job.ts';

interface Case {
  readonly name?: string;
  readonly jobRoles?: readonly RolePlan[];
  readonly podGroups?: ClusterSite['dialects']['podGroups'];
  readonly backend?: object;
  readonly pod?: Partial<PodPlan>;
  readonly roles?: Readonly<Record<string, Partial<RoleTerms>>>;
}

const NAME = 'digits-abcdefgh-t1';

function render({ name, jobRoles, podGroups = null, backend, pod, roles }: Case = {}): readonly KubeObject[] {
  return paddlejobBackend.render(
    clusterRequest({ roles: jobRoles ?? [torchRole(2)], ...(name === undefined ? {} : { name }) }),
    clusterSite({ dialects: { trainer: null, kueue: null, podGroups } }),
    clusterOptions(paddlejobBackendOptions.parse({ kind: 'paddlejob', ...backend }), pod, roles),
  );
}

const jobOf = (objects: readonly KubeObject[]) => objects.find((one) => one.kind === 'PaddleJob');
const podOf = (objects: readonly KubeObject[], part = 'worker') => at(jobOf(objects), 'spec', part, 'template');
const containerOf = (objects: readonly KubeObject[], part = 'worker') =>
  at(podOf(objects, part), 'spec', 'containers', 0);
const environment = (container: unknown) =>
  Object.fromEntries(listAt(container, 'env').map((one) => [at(one, 'name'), at(one, 'value')]));
const script = (container: unknown) => at(container, 'command', 2);
const mounted = { dataset: { kind: 'mounted', name: 'coco' } } as const;

describe('a PaddleJob', () => {
  it('is one object, whose pods all start or none', () => {
    const objects = render();
    expect(objects).toHaveLength(1);
    expect(jobOf(objects)).toMatchObject({
      apiVersion: 'batch.paddlepaddle.org/v1',
      metadata: { name: NAME, namespace: 'ml', labels: { 'trainyard.dev/job': NAME } },
      spec: {
        cleanPodPolicy: 'Never',
        intranet: 'PodIP',
        schedulingPolicy: { minAvailable: 2 },
        worker: { replicas: 2 },
      },
    });
  });

  it('labels its pods itself, since the operator gives them no label of the job', () => {
    expect(at(podOf(render()), 'metadata', 'labels')).toMatchObject({
      'trainyard.dev/job': NAME,
      'trainyard.dev/role': 'worker',
    });
  });

  it('never restarts in place, which the operator would have it do with a Service each', () => {
    expect(at(podOf(render({ backend: { intranet: 'Service' } })), 'spec', 'restartPolicy')).toBe('Never');
  });

  it("has one user in its own container, and lets the operator's init container keep its own", () => {
    const objects = render();
    expect(at(containerOf(objects), 'securityContext')).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      runAsUser: 1000,
      runAsGroup: 1000,
      runAsNonRoot: true,
    });
    expect(at(podOf(objects), 'spec', 'securityContext')).toEqual({ seccompProfile: { type: 'RuntimeDefault' } });
  });

  it('has servers, workers and workers of other hardware, each with their own command', () => {
    const jobRoles = [
      torchRole(1, { name: 'ps', launcher: 'plain', steps: [{ name: 'train', argv: ['serve'], cwd: 'code' }] }),
      torchRole(2, { name: 'worker', launcher: 'plain' }),
      torchRole(3, { name: 'heter', launcher: 'plain' }),
    ];
    const objects = render({ jobRoles, backend: { gloo: 1 } });
    expect(jobOf(objects)?.spec).toMatchObject({
      withGloo: 1,
      schedulingPolicy: { minAvailable: 6 },
      ps: { replicas: 1 },
      worker: { replicas: 2 },
      heter: { replicas: 3 },
    });
    expect(listAt(containerOf(objects, 'ps'), 'command').at(-1)).toBe('serve');
    expect(at(podOf(objects, 'heter'), 'metadata', 'labels', 'trainyard.dev/role')).toBe('heter');
  });

  it('goes into a queue of Volcano with its priority', () => {
    const objects = render({ podGroups: 'volcano', backend: { queue: 'ml', priorityClass: 'gold' } });
    expect(at(jobOf(objects), 'spec', 'schedulingPolicy')).toEqual({
      minAvailable: 2,
      queue: 'ml',
      priorityClass: 'gold',
    });
    expect(at(podOf(objects), 'spec', 'priorityClassName')).toBe('gold');
  });
});

describe('how the pods of a PaddleJob find each other', () => {
  it('by addresses that the operator tells, and a shell passes on', () => {
    const container = containerOf(render());
    expect(script(container)).toBe(
      [
        'export PET_NODE_RANK="$$PADDLE_TRAINER_ID"',
        'export NODE_RANK="$$PADDLE_TRAINER_ID"',
        'export VC_TASK_INDEX="$$PADDLE_TRAINER_ID"',
        'export TASK_INDEX="$$PADDLE_TRAINER_ID"',
        'export PET_MASTER_ADDR="$${PADDLE_TRAINERS%%,*}"',
        'export MASTER_ADDR="$${PADDLE_TRAINERS%%,*}"',
        'export VC_WORKER_HOSTS="$$PADDLE_TRAINERS"',
        'exec "$$@"',
      ].join('; '),
    );
    expect(environment(container)).toMatchObject({ NNODES: '2', MASTER_PORT: '29500', PET_NNODES: '2' });
  });

  it('by names, where each has a Service', () => {
    const container = containerOf(render({ backend: { intranet: 'Service' } }));
    expect(environment(container)).toMatchObject({
      PET_MASTER_ADDR: `${NAME}-worker-0`,
      MASTER_ADDR: `${NAME}-worker-0`,
      VC_WORKER_HOSTS: `${NAME}-worker-0,${NAME}-worker-1`,
    });
    expect(script(container)).not.toContain('MASTER_ADDR');
  });

  it('counts workers behind servers on', () => {
    const jobRoles = [torchRole(1, { name: 'ps' }), torchRole(2, { name: 'worker' })];
    const objects = render({ jobRoles });
    expect(script(containerOf(objects))).toContain('export NODE_RANK="$$((PADDLE_TRAINER_ID + 1))"');
    expect(script(containerOf(objects))).toContain('MASTER_ADDR="$${PADDLE_PSERVERS_IP_PORT_LIST%%:*}"');
    expect(environment(containerOf(objects, 'ps'))).toMatchObject({ NODE_RANK: '0', VC_TASK_INDEX: '0' });
  });

  it('needs no shell for one pod, which meets nobody', () => {
    const container = containerOf(render({ jobRoles: [torchRole(1)] }));
    expect(listAt(container, 'command')[0]).toBe('python3');
    expect(environment(container)).toMatchObject({ PET_MASTER_ADDR: '127.0.0.1', PET_NODE_RANK: '0' });
  });

  it("not by variables of the user that would win over the operator's", () => {
    const env = { PADDLE_TRAINERS: 'elsewhere', TRAINING_ROLE: 'PSERVER', EPOCHS: '3' };
    const names = Object.keys(environment(containerOf(render({ jobRoles: [torchRole(2, { env })] }))));
    expect(names).toContain('EPOCHS');
    expect(names).not.toContain('PADDLE_TRAINERS');
    expect(names).not.toContain('TRAINING_ROLE');
  });
});

describe('a sample set', () => {
  const create = { uri: 'bos://paddleflow-public.hkg.example/coco', store: 'data-center' };

  it('is adopted by name and mounted where the spec says', () => {
    const objects = render({
      backend: { sampleSet: {} },
      pod: { ...mounted, datasetPath: '/root/.cache/paddle' },
    });
    expect(objects.map((one) => one.kind)).toEqual(['PaddleJob']);
    expect(at(jobOf(objects), 'spec', 'sampleSetRef')).toEqual({
      name: 'coco',
      namespace: 'ml',
      mountPath: '/root/.cache/paddle',
    });
    expect(environment(containerOf(objects))).toMatchObject({ TRAINYARD_DATASET_DIR: '/root/.cache/paddle' });
  });

  it('is made before its job with a partition a worker, and outlives it', () => {
    const objects = render({ backend: { sampleSet: { create } }, pod: mounted });
    expect(objects.map((one) => one.kind)).toEqual(['SampleSet', 'PaddleJob']);
    expect(objects[0]).toMatchObject({
      apiVersion: 'batch.paddlepaddle.org/v1alpha1',
      metadata: { namespace: 'ml', labels: { 'trainyard.dev/keep': 'true' } },
      spec: {
        partitions: 2,
        source: { uri: create.uri, secretRef: { name: 'none' } },
        secretRef: { name: 'data-center' },
      },
    });
    expect(at(jobOf(objects), 'spec', 'sampleSetRef', 'mountPath')).toBe('/dataset');
  });

  it('is removed with its job if the spec says so, and takes all that can be said of it', () => {
    const more = {
      ...create,
      secret: 'bucket',
      sync: false,
      partitions: 3,
      cache: [{ medium: 'SSD', path: '/c', gib: 2 }],
    };
    const [sampleSet] = render({ backend: { sampleSet: { keep: false, create: more } }, pod: mounted });
    expect(sampleSet?.metadata.labels).not.toHaveProperty(['trainyard.dev/keep']);
    expect(sampleSet?.spec).toEqual({
      partitions: 3,
      source: { uri: create.uri, secretRef: { name: 'bucket' } },
      secretRef: { name: 'data-center' },
      noSync: true,
      cache: { levels: [{ mediumType: 'SSD', path: '/c', cacheSize: 2048 }] },
    });
  });

  it.each<[string, Case, RegExp]>([
    [
      'in another namespace',
      { backend: { sampleSet: { namespace: 'kubeflow' } }, pod: mounted },
      /kubeflow, the job in ml/,
    ],
    [
      'with fewer partitions than workers',
      { backend: { sampleSet: { create: { ...create, partitions: 1 } } }, pod: mounted },
      /1 partitions cannot serve 2/,
    ],
    ['that is not the dataset', { backend: { sampleSet: {} } }, /the dataset is no sample set/],
    [
      'mounted where something else is',
      { backend: { sampleSet: {} }, pod: { ...mounted, datasetPath: '/scratch' } },
      /mounted at \/scratch/,
    ],
  ])('is refused %s', (_claim, over, message) => {
    const refused = expect.objectContaining({
      code: 'TY_BACKEND_UNSUPPORTED',
      message: expect.stringMatching(message),
    });
    expect(() => render(over)).toThrow(refused);
  });

  it.each(['workspace', 'co.co', '', 'a'.repeat(64)])('cannot be called %j, since a volume has its name', (name) => {
    const pod: Partial<PodPlan> = { dataset: { kind: 'mounted', name } };
    expect(() => render({ pod })).toThrow(expect.objectContaining({ code: 'TY_BACKEND_NAME' }));
  });
});

describe('a PaddleJob that cannot be, and that nothing on the cluster would refuse', () => {
  it.each<[string, Case, RegExp]>([
    ['a queue of nobody', { backend: { queue: 'ml' } }, /has a queue ml/],
    ['gloo without servers', { backend: { gloo: 1 } }, /there is none/],
    [
      'roles it does not know',
      { jobRoles: [torchRole(1), torchRole(1, { name: 'chief' })] },
      /no role chief|cannot have these roles/,
    ],
    ['pods that may fail', { roles: { worker: { maxFailed: 1 } } }, /all its pods/],
    ['pods that need not succeed', { roles: { worker: { minSucceeded: 1 } } }, /all its pods/],
  ])('is refused for %s', (_claim, over, message) => {
    const refused = expect.objectContaining({
      code: 'TY_BACKEND_UNSUPPORTED',
      message: expect.stringMatching(message),
    });
    expect(() => render(over)).toThrow(refused);
  });

  it('is refused for a name its pods could not have', () => {
    expect(() => render({ name: 'a'.repeat(55) })).toThrow(expect.objectContaining({ code: 'TY_BACKEND_NAME' }));
  });
});
