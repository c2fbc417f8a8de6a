import { describe, expect, it } from 'vitest';
import { trainjobBackend } from '../../../../backends/trainjob/backend.ts';
import { trainjobBackendOptions } from '../../../../backends/trainjob/options.ts';
import { at, listAt } from '../../../../domain/json.ts';
import type { ClusterSite, KubeObject } from '../../../../domain/cluster-job.ts';
import type { PodPlan, RoleTerms } from '../../../../domain/pod-plan.ts';
import { clusterOptions, clusterRequest, clusterSite, torchRole } from '../../../support/cluster-job.ts';
import type { JobRequestOptions } from '../../../support/job-request.ts';

interface Case {
  readonly request?: Partial<JobRequestOptions>;
  readonly site?: Partial<ClusterSite>;
  readonly dialects?: Partial<ClusterSite['dialects']>;
  readonly backend?: object;
  readonly pod?: Partial<PodPlan>;
  readonly roles?: Readonly<Record<string, Partial<RoleTerms>>>;
}

const NAME = 'digits-abcdefgh-t1';
const volcano = { podGroups: 'volcano' } as const;

function render({ request, site, dialects, backend, pod, roles }: Case = {}): readonly KubeObject[] {
  const options = trainjobBackendOptions.parse({ kind: 'trainjob', ...backend });
  const base = clusterSite(site);
  return trainjobBackend.render(
    clusterRequest({ roles: [torchRole(2)], ...request }),
    { ...base, dialects: { ...base.dialects, ...dialects } },
    clusterOptions(options, pod, roles),
  );
}

const jobOf = (objects: readonly KubeObject[]) => objects.find((one) => one.kind === 'TrainJob');
const runtimeOf = (objects: readonly KubeObject[]) => objects.find((one) => one.kind === 'TrainingRuntime');
const jobSetOf = (objects: readonly KubeObject[]) => at(runtimeOf(objects), 'spec', 'template', 'spec');
const podOf = (objects: readonly KubeObject[]) =>
  at(jobSetOf(objects), 'replicatedJobs', 0, 'template', 'spec', 'template');
const variables = (list: unknown) => Object.fromEntries(listAt(list).map((one) => [at(one, 'name'), one]));

describe('a TrainJob with a runtime of its own', () => {
  it('is made after its runtime, and both are named like the job', () => {
    const objects = render();
    expect(objects.map((one) => [one.kind, one.metadata.name])).toEqual([
      ['TrainingRuntime', NAME],
      ['TrainJob', NAME],
    ]);
    expect(jobOf(objects)?.spec).toEqual({
      runtimeRef: { apiGroup: 'trainer.kubeflow.org', kind: 'TrainingRuntime', name: NAME },
      trainer: { numNodes: 2, numProcPerNode: 1 },
    });
  });

  it('is the same in both dialects, since nothing has to be changed in the runtime', () => {
    expect(render({ dialects: { trainer: 'podTemplateOverrides' } })).toEqual(render());
  });

  it('tries nothing again behind the back of Trainyard', () => {
    const jobSet = jobSetOf(render());
    expect(jobSet).toMatchObject({
      failurePolicy: { maxRestarts: 0 },
      replicatedJobs: [{ name: 'node', replicas: 1 }],
    });
    expect(at(jobSet, 'replicatedJobs', 0, 'template', 'spec')).toMatchObject({ backoffLimit: 0 });
    expect(at(podOf(render()), 'spec', 'restartPolicy')).toBe('Never');
  });

  it('has a container and a step that Trainer knows', () => {
    const rjob = at(jobSetOf(render()), 'replicatedJobs', 0, 'template');
    expect(at(rjob, 'metadata', 'labels', 'trainer.kubeflow.org/trainjob-ancestor-step')).toBe('trainer');
    expect(listAt(podOf(render()), 'spec', 'containers')).toMatchObject([{ name: 'node', workingDir: '/code' }]);
  });

  it('carries the labels of the job on the runtime, the JobSet, its Jobs and the pods', () => {
    const objects = render();
    const labels = { 'trainyard.dev/job': NAME, 'trainyard.dev/run': 'run-digits-1' };
    const jobSet = at(runtimeOf(objects), 'spec', 'template', 'metadata');
    const job = at(jobSetOf(objects), 'replicatedJobs', 0, 'template', 'metadata');
    for (const metadata of [
      runtimeOf(objects)?.metadata,
      jobOf(objects)?.metadata,
      jobSet,
      job,
      at(podOf(objects), 'metadata'),
    ]) {
      expect(metadata).toMatchObject({ labels, annotations: { 'trainyard.dev/run-id': 'run-digits-1' } });
    }
    expect(at(podOf(objects), 'metadata', 'labels', 'trainyard.dev/role')).toBe('worker');
  });

  it('leaves to Trainer what torch is told, and tells the rest itself', () => {
    const objects = render();
    expect(at(runtimeOf(objects), 'spec', 'mlPolicy')).toEqual({ numNodes: 2, torch: {} });
    const env = variables(at(podOf(objects), 'spec', 'containers', 0, 'env'));
    for (const name of ['PET_NNODES', 'PET_NPROC_PER_NODE', 'PET_NODE_RANK', 'PET_MASTER_ADDR', 'PET_MASTER_PORT']) {
      expect(env).not.toHaveProperty(name);
    }
    expect(env).toMatchObject({
      MASTER_ADDR: { value: `${NAME}-node-0-0.${NAME}` },
      MASTER_PORT: { value: '29500' },
      VC_WORKER_HOSTS: { value: `${NAME}-node-0-0.${NAME},${NAME}-node-0-1.${NAME}` },
      VC_TASK_INDEX: {
        valueFrom: { fieldRef: { fieldPath: "metadata.annotations['batch.kubernetes.io/job-completion-index']" } },
      },
    });
  });

  it.each([
    ['another launcher', { request: { roles: [torchRole(2, { launcher: 'plain' })] } }, '29500'],
    ['another port', { request: { rendezvousPort: 23_456 } }, '23456'],
    ['a spec that says so', { backend: { policy: 'plain' } }, '29500'],
  ])('tells everything itself for %s', (_claim, over: Case, port) => {
    const objects = render(over);
    expect(at(runtimeOf(objects), 'spec', 'mlPolicy')).toEqual({ numNodes: 2 });
    expect(at(jobOf(objects), 'spec', 'trainer')).toEqual({ numNodes: 2 });
    expect(variables(at(podOf(objects), 'spec', 'containers', 0, 'env'))).toMatchObject({
      PET_NNODES: { value: '2' },
      PET_MASTER_ADDR: { value: `${NAME}-node-0-0.${NAME}` },
      PET_MASTER_PORT: { value: port },
      PET_NODE_RANK: { valueFrom: { fieldRef: {} } },
    });
  });

  it("always says how many processes a node has: Trainer would count CPUs, or a GPU's memory", () => {
    const objects = render({ request: { roles: [torchRole(2, { procsPerReplica: 4 })] } });
    expect(at(jobOf(objects), 'spec', 'trainer')).toEqual({ numNodes: 2, numProcPerNode: 4 });
  });

  it('makes the kept scratch claim before the runtime that needs it', () => {
    const objects = render({ pod: { scratch: { kind: 'generated', bytes: 10, storageClass: null, keep: true } } });
    expect(objects.map((one) => one.kind)).toEqual(['PersistentVolumeClaim', 'TrainingRuntime', 'TrainJob']);
  });
});

describe('what starts all nodes of a TrainJob or none', () => {
  it.each<[string, Case, unknown, string | undefined]>([
    ['nothing, where there is nothing', {}, undefined, undefined],
    ['Volcano, where it is installed', { dialects: volcano }, { volcano: {} }, 'volcano'],
    ['nothing for one node', { dialects: volcano, request: { roles: [torchRole(1)] } }, undefined, undefined],
    ['nothing, if the spec says so', { dialects: volcano, backend: { gang: 'none' } }, undefined, undefined],
    [
      'Volcano with nodes near each other',
      { dialects: volcano, backend: { networkTopology: { highestTier: 2 } } },
      { volcano: { networkTopology: { mode: 'hard', highestTierAllowed: 2 } } },
      'volcano',
    ],
    [
      'coscheduling, by the scheduler that is named',
      { dialects: { podGroups: 'coscheduling' }, backend: { scheduler: 'gangs', gangTimeoutSeconds: 90 } },
      { coscheduling: { scheduleTimeoutSeconds: 90 } },
      'gangs',
    ],
    [
      'Kueue, with a queue of its',
      { dialects: { ...volcano, kueue: 'v1beta2' }, backend: { queue: 'ml' } },
      undefined,
      undefined,
    ],
  ])('is %s', (_claim, over, policy, scheduler) => {
    const objects = render(over);
    expect(at(runtimeOf(objects), 'spec', 'podGroupPolicy')).toEqual(policy);
    expect(at(podOf(objects), 'spec', 'schedulerName')).toBe(scheduler);
  });

  it('puts the queue where its scheduler looks', () => {
    const withVolcano = render({ dialects: volcano, backend: { queue: 'ml' } });
    const annotations = at(runtimeOf(withVolcano), 'spec', 'template', 'metadata', 'annotations');
    expect(annotations).toMatchObject({ 'scheduling.volcano.sh/queue-name': 'ml' });
    expect(jobOf(withVolcano)?.metadata.labels).not.toHaveProperty(['kueue.x-k8s.io/queue-name']);
    const queued = { queue: 'ml', workloadPriority: 'high', priorityClass: 'gold' };
    const withKueue = render({ dialects: { kueue: 'v1beta2' }, backend: queued });
    expect(jobOf(withKueue)?.metadata.labels).toMatchObject({
      'kueue.x-k8s.io/queue-name': 'ml',
      'kueue.x-k8s.io/priority-class': 'high',
    });
    expect(at(podOf(withKueue), 'spec', 'priorityClassName')).toBe('gold');
  });
});

describe('a TrainJob that cannot be', () => {
  it.each<[string, Case, RegExp]>([
    ['roles of two kinds', { request: { roles: [torchRole(1), torchRole(1, { name: 'ps' })] } }, /one kind only/],
    [
      'a port Trainer cannot take',
      { request: { rendezvousPort: 1234 }, backend: { policy: 'torch' } },
      /29500, not 1234/,
    ],
    ['nodes that may fail', { roles: { worker: { maxFailed: 1 } } }, /all its nodes/],
    ['nodes that need not succeed', { roles: { worker: { minSucceeded: 1 } } }, /all its nodes/],
    ['a queue nobody has', { backend: { queue: 'ml' } }, /nothing on the cluster knows the queue ml/],
    ['a gang nobody forms', { backend: { gang: 'volcano' } }, /has no volcano/],
    [
      'coscheduling by nobody',
      { dialects: { podGroups: 'coscheduling' }, backend: { gang: 'coscheduling' } },
      /scheduler of its own/,
    ],
    ['a topology nobody reads', { backend: { networkTopology: { highestTier: 1 } } }, /jobs that volcano starts/],
    ['a priority nobody reads', { dialects: volcano, backend: { workloadPriority: 'high' } }, /jobs that kueue starts/],
    ['Kueue without a queue', { dialects: { kueue: 'v1beta2' }, backend: { gang: 'kueue' } }, /needs to know a queue/],
  ])('is refused for %s', (_claim, over, message) => {
    const refused = expect.objectContaining({
      code: 'TY_BACKEND_UNSUPPORTED',
      message: expect.stringMatching(message),
    });
    expect(() => render(over)).toThrow(refused);
  });

  it('is refused by a site without Trainer, which names the doctor', () => {
    const missing = {
      code: 'TY_BACKEND_MISSING',
      message: expect.stringContaining('no Kubeflow Trainer'),
      details: expect.objectContaining({ fix: 'trainyard doctor --backend trainjob' }),
    };
    expect(() => render({ dialects: { trainer: null } })).toThrow(expect.objectContaining(missing));
  });

  it('is refused for a folder of the node that the site does not allow', () => {
    const pod = { code: { kind: 'hostPath', path: '/data/scripts' } } as const;
    expect(() => render({ pod })).toThrow(expect.objectContaining({ code: 'TY_BACKEND_POLICY' }));
    expect(() => render({ pod, site: { hostPathAllowed: true } })).not.toThrow();
  });

  it('is refused for a name its JobSet would not take', () => {
    expect(() => render({ request: { name: 'a'.repeat(49) } })).toThrow(
      expect.objectContaining({ code: 'TY_BACKEND_NAME' }),
    );
  });
});
