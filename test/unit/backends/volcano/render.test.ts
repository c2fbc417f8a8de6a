import { describe, expect, it } from 'vitest';
import { at, listAt } from '../../../../domain/json.ts';
import { longestVolcanoName } from '../../../../backends/volcano/names.ts';
import type { VolcanoBackendOptions } from '../../../../backends/volcano/options.ts';
import { volcanoBackendOptions } from '../../../../backends/volcano/options.ts';
import { renderVolcanoJob } from '../../../../backends/volcano/render.ts';
import { RESUMES } from '../../../../backends/volcano/suspend.ts';
import type { KubeObject } from '../../../../domain/cluster-job.ts';
import type { RolePlan } from '../../../../domain/job.ts';
import type { PodPlan, RoleTerms } from '../../../../domain/pod-plan.ts';
import { clusterOptions, clusterRequest, clusterSite, torchRole } from '../../../support/cluster-job.ts';
import { trainStep } from '../../../support/job-request.ts';

interface Case {
  readonly roles?: readonly RolePlan[];
  readonly name?: string;
  readonly backend?: Partial<VolcanoBackendOptions>;
  readonly terms?: Readonly<Record<string, Partial<RoleTerms>>>;
  readonly pod?: Partial<PodPlan>;
}

function render({
  roles = [torchRole(2)],
  name,
  backend = {},
  terms = {},
  pod = {},
}: Case = {}): readonly KubeObject[] {
  const request = clusterRequest({ roles, ...(name === undefined ? {} : { name }) });
  const options = volcanoBackendOptions.parse({ kind: 'volcano', ...backend });
  return renderVolcanoJob(request, clusterSite(), clusterOptions(options, pod, terms));
}

const specOf = (made: Case = {}): unknown => render(made).at(-1)?.spec;

function variables(made: Case, task = 0): Record<string, unknown> {
  const env = listAt(specOf(made), 'tasks', task, 'template', 'spec', 'containers', 0, 'env');
  return Object.fromEntries(env.map((one) => [String(at(one, 'name')), at(one, 'value') ?? at(one, 'valueFrom')]));
}

const plain = (name: string, replicas: number): RolePlan =>
  torchRole(replicas, { name, launcher: 'plain', steps: [trainStep(['./run.sh'])] });

describe('a Job of Volcano', () => {
  it('starts all replicas together or none, ends with its first dead pod and never tries again by itself', () => {
    expect(render()).toHaveLength(1);
    expect(specOf()).toMatchObject({
      schedulerName: 'volcano',
      minAvailable: 2,
      maxRetry: 1 + RESUMES,
      tasks: [
        {
          name: 'worker',
          replicas: 2,
          minAvailable: 2,
          policies: [
            { event: 'PodFailed', action: 'TerminateJob' },
            { event: 'PodEvicted', action: 'TerminateJob' },
          ],
          template: {
            metadata: { labels: { 'trainyard.dev/job': 'digits-abcdefgh-t1', 'trainyard.dev/role': 'worker' } },
            spec: { restartPolicy: 'Never' },
          },
        },
      ],
    });
  });

  it('has names for its replicas from the plugins, before they are ready', () => {
    expect(specOf()).toMatchObject({ plugins: { svc: ['--publish-not-ready-addresses=true'], env: [] } });
    expect(at(specOf({ roles: [torchRole(1)] }), 'plugins')).toBeUndefined();
  });

  it('leaves to the plugins what they set, and reads the index where Volcano writes it', () => {
    const env = variables({});
    const index = { fieldRef: { fieldPath: "metadata.annotations['volcano.sh/task-index']" } };
    expect(env).toMatchObject({
      PET_NNODES: '2',
      PET_MASTER_ADDR: 'digits-abcdefgh-t1-worker-0.digits-abcdefgh-t1',
      PET_NODE_RANK: index,
      NODE_RANK: index,
      TASK_INDEX: index,
      TASKROLE_NAME: 'WORKER',
    });
    expect(Object.keys(env)).not.toEqual(expect.arrayContaining(['VC_TASK_INDEX']));
    expect(Object.keys(env)).not.toEqual(expect.arrayContaining(['VC_WORKER_HOSTS']));
  });

  it('lists the hosts under the name that trainers know, whatever the role is called', () => {
    const env = variables({ roles: [torchRole(2, { name: 'train' })] });
    const host = (rank: number): string => `digits-abcdefgh-t1-train-${rank}.digits-abcdefgh-t1`;
    expect(env).toMatchObject({ VC_WORKER_HOSTS: `${host(0)},${host(1)}` });
    expect(env).not.toHaveProperty('VC_TRAIN_HOSTS');
  });

  it('passes on queue, priority, topology and whether it may be preempted', () => {
    const backend = {
      queue: 'ml',
      priorityClass: 'high',
      networkTopology: { mode: 'soft', highestTier: 2 },
      preemptable: true,
    } as const;
    expect(specOf({ backend })).toMatchObject({
      queue: 'ml',
      priorityClassName: 'high',
      networkTopology: { mode: 'soft', highestTierAllowed: 2 },
    });
    expect(render({ backend })[0]?.metadata.annotations).toMatchObject({ 'volcano.sh/preemptable': 'true' });
    const bare = Object.keys(specOf() as object);
    expect(bare).not.toEqual(expect.arrayContaining(['queue']));
    expect(bare).not.toEqual(expect.arrayContaining(['priorityClassName']));
  });

  it('has volumes of its own: existing claims, and claims that go with it', () => {
    const volumes = [
      { mountPath: '/mnt/models', claim: 'models' },
      { mountPath: '/mnt/work', volumeClaim: { size: '5Gi', storageClass: 'local', accessMode: 'ReadWriteOnce' } },
    ] as const;
    expect(specOf({ backend: { volumes: [...volumes] } })).toMatchObject({
      volumes: [
        { mountPath: '/mnt/models', volumeClaimName: 'models' },
        {
          mountPath: '/mnt/work',
          volumeClaim: {
            accessModes: ['ReadWriteOnce'],
            storageClassName: 'local',
            resources: { requests: { storage: '5Gi' } },
          },
        },
      ],
    });
  });

  it('makes one claim for scratch files that are kept, whatever the number of roles', () => {
    const scratch = { kind: 'generated', bytes: 10, storageClass: null, keep: true } as const;
    const made = render({ roles: [plain('chief', 1), plain('worker', 2)], pod: { scratch } });
    expect(made.map((one) => one.kind)).toEqual(['PersistentVolumeClaim', 'Job']);
  });
});

describe('a Volcano Job of unlike roles', () => {
  const roles = [plain('chief', 1), plain('worker', 3)];

  it('is one task a role, each with its own pods', () => {
    const terms = { worker: { pod: { image: 'registry.example/worker:2', cpu: 4 } } };
    expect(specOf({ roles, terms })).toMatchObject({
      minAvailable: 4,
      tasks: [
        { name: 'chief', replicas: 1, template: { spec: { containers: [{ image: 'registry.example/train:1' }] } } },
        {
          name: 'worker',
          replicas: 3,
          template: {
            spec: { containers: [{ image: 'registry.example/worker:2', resources: { limits: { cpu: '4' } } }] },
          },
        },
      ],
    });
  });

  it('counts ranks across its roles: behind another role, a shell adds the two numbers', () => {
    expect(variables({ roles })).toMatchObject({ NODE_RANK: '0', NNODES: '4', TASKROLE_NAME: 'CHIEF' });
    expect(variables({ roles }, 1)).not.toHaveProperty('NODE_RANK');
    const command = at(specOf({ roles }), 'tasks', 1, 'template', 'spec', 'containers', 0, 'command');
    const script =
      'export NODE_RANK="$$((1 + VC_TASK_INDEX))"; export PET_NODE_RANK="$$((1 + VC_TASK_INDEX))"; exec "$$@"';
    expect(command).toEqual(['sh', '-c', script, 'sh', './run.sh']);
  });

  it('ends well with its main role', () => {
    expect(at(specOf({ roles, terms: { chief: { main: true } } }), 'tasks', 0, 'policies')).toContainEqual({
      event: 'TaskCompleted',
      action: 'CompleteJob',
    });
  });

  it('leaves failed pods of a role that may lose some to Trainyard, which counts them', () => {
    const terms = { worker: { maxFailed: 1 } };
    expect(at(specOf({ roles, terms }), 'tasks', 0, 'policies')).toContainEqual(
      expect.objectContaining({ event: 'PodFailed' }),
    );
    expect(at(specOf({ roles, terms }), 'tasks', 1, 'policies')).toEqual([
      { event: 'PodEvicted', action: 'TerminateJob' },
    ]);
  });
});

describe('a Volcano Job that may shrink', () => {
  it('starts with the least, and has torchrun meet between least and all', () => {
    const made = { roles: [torchRole(4)], backend: { minReplicas: 2 } };
    expect(specOf(made)).toMatchObject({ minAvailable: 2, tasks: [{ replicas: 4, minAvailable: 2, policies: [] }] });
    expect(variables(made)).toMatchObject({
      PET_NNODES: '2:4',
      PET_RDZV_BACKEND: 'c10d',
      PET_RDZV_ENDPOINT: 'digits-abcdefgh-t1-worker-0.digits-abcdefgh-t1:29500',
    });
    const command = at(specOf(made), 'tasks', 0, 'template', 'spec', 'containers', 0, 'command');
    expect(command).toContain('export PET_RDZV_CONF="is_host=$$((VC_TASK_INDEX == 0))"; exec "$$@"');
  });

  it('is a common gang when the least is all', () => {
    const made = { roles: [torchRole(2)], backend: { minReplicas: 2 } };
    expect(variables(made)).toMatchObject({ PET_NNODES: '2' });
    expect(at(specOf(made), 'tasks', 0, 'policies')).toHaveLength(2);
  });

  it.each([
    ['more than all', { backend: { minReplicas: 3 } }],
    ['several roles', { backend: { minReplicas: 1 }, roles: [plain('chief', 1), plain('worker', 2)] }],
  ])('is refused for %s', (_name, made) => {
    expect(() => render(made)).toThrow(expect.objectContaining({ code: 'TY_BACKEND_UNSUPPORTED' }));
  });
});

describe('the name of a Volcano Job', () => {
  it.each([
    ['train', 10, 55],
    ['train', 100, 54],
    ['train', 1000, 53],
    ['worker', 10, 54],
    ['worker', 100, 53],
    ['worker', 1000, 52],
    ['t', 10, 59],
  ])('with the task %s of %i pods has at most %i characters', (name, replicas, longest) => {
    expect(longestVolcanoName([{ name, replicas }], false)).toBe(longest);
    expect(longestVolcanoName([{ name, replicas }], true)).toBe(Math.min(longest, 50));
  });

  it('is refused where Volcano would take it and make no pods', () => {
    const roles = [torchRole(2, { name: 'parameter-servers-of-the-run' })];
    const long = 'a-name-of-thirty-four-characters-x';
    expect(long).toHaveLength(34);
    expect(() => render({ roles, name: long })).toThrow(expect.objectContaining({ code: 'TY_BACKEND_NAME' }));
    expect(render({ roles: [torchRole(1000, { name: 'fourteen-chars' })], name: long })).toHaveLength(1);
  });
});
