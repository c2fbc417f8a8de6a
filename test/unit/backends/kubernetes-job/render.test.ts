import { describe, expect, it } from 'vitest';
import type { KubernetesJobBackendOptions } from '../../../../backends/kubernetes-job/options.ts';
import { kubernetesJobBackendOptions } from '../../../../backends/kubernetes-job/options.ts';
import { longestJobName, renderKubernetesJob } from '../../../../backends/kubernetes-job/render.ts';
import { at } from '../../../../domain/json.ts';
import type { ClusterSite, KubeObject } from '../../../../domain/cluster-job.ts';
import type { RoleTerms } from '../../../../domain/pod-plan.ts';
import { clusterOptions, clusterRequest, clusterSite, torchRole } from '../../../support/cluster-job.ts';

interface Case {
  readonly replicas?: number;
  readonly name?: string;
  readonly backend?: Partial<KubernetesJobBackendOptions>;
  readonly dialects?: Partial<ClusterSite['dialects']>;
  readonly terms?: Partial<RoleTerms>;
}

function render({ replicas = 2, name, backend = {}, dialects = {}, terms }: Case = {}): readonly KubeObject[] {
  const request = clusterRequest({ roles: [torchRole(replicas)], ...(name === undefined ? {} : { name }) });
  const site = clusterSite({ dialects: { ...clusterSite().dialects, ...dialects } });
  const options = kubernetesJobBackendOptions.parse({ kind: 'kubernetes-job', ...backend });
  return renderKubernetesJob(request, site, clusterOptions(options, {}, terms ? { worker: terms } : {}));
}

const kinds = (objects: readonly KubeObject[]): string[] => objects.map((one) => one.kind);
const jobOf = (objects: readonly KubeObject[]): KubeObject | undefined => objects.find((one) => one.kind === 'Job');

describe('a Job of Kubernetes', () => {
  it('is indexed, fails with its first pod and never tries again by itself', () => {
    const job = jobOf(render());
    expect(job).toMatchObject({
      apiVersion: 'batch/v1',
      metadata: { name: 'digits-abcdefgh-t1', namespace: 'ml', labels: { 'trainyard.dev/job': 'digits-abcdefgh-t1' } },
      spec: {
        completionMode: 'Indexed',
        completions: 2,
        parallelism: 2,
        backoffLimit: 0,
        podFailurePolicy: { rules: [{ action: 'Count', onExitCodes: { operator: 'NotIn', values: [0] } }] },
        suspend: false,
        template: { spec: { restartPolicy: 'Never', subdomain: 'digits-abcdefgh-t1' } },
      },
    });
  });

  it('is preceded by a headless Service that names pods before they are ready', () => {
    const objects = render();
    expect(kinds(objects)).toEqual(['Service', 'Job']);
    expect(objects[0]).toMatchObject({
      metadata: { name: 'digits-abcdefgh-t1' },
      spec: {
        clusterIP: 'None',
        publishNotReadyAddresses: true,
        selector: { 'trainyard.dev/job': 'digits-abcdefgh-t1' },
      },
    });
  });

  it('tells each replica its place and where the first one is', () => {
    const env = at(jobOf(render()), 'spec', 'template', 'spec', 'containers', 0, 'env');
    const index = {
      valueFrom: { fieldRef: { fieldPath: "metadata.annotations['batch.kubernetes.io/job-completion-index']" } },
    };
    const host = (rank: number): string => `digits-abcdefgh-t1-${rank}.digits-abcdefgh-t1`;
    expect(env).toEqual(
      expect.arrayContaining([
        { name: 'PET_NNODES', value: '2' },
        { name: 'PET_MASTER_ADDR', value: host(0) },
        { name: 'PET_NODE_RANK', ...index },
        { name: 'NODE_RANK', ...index },
        { name: 'VC_TASK_INDEX', ...index },
        { name: 'TASK_INDEX', ...index },
        { name: 'NNODES', value: '2' },
        { name: 'MASTER_ADDR', value: host(0) },
        { name: 'MASTER_PORT', value: '29500' },
        { name: 'VC_WORKER_HOSTS', value: `${host(0)},${host(1)}` },
        { name: 'TASKROLE_NAME', value: 'WORKER' },
      ]),
    );
  });

  it('of one replica is one object', () => {
    expect(kinds(render({ replicas: 1 }))).toEqual(['Job']);
  });

  it('waits until it is resumed when it is made suspended', () => {
    expect(jobOf(render({ backend: { suspend: true } }))).toMatchObject({ spec: { suspend: true } });
  });

  it.each([
    [1, 61],
    [10, 61],
    [11, 60],
    [100, 60],
    [101, 59],
    [1000, 59],
  ])('of %i replicas has a name of at most %i characters', (replicas, longest) => {
    expect(longestJobName(replicas)).toBe(longest);
    const name = 'n'.repeat(longest);
    expect(jobOf(render({ replicas, name }))?.metadata.name).toBe(name);
    expect(() => render({ replicas, name: `${name}n` })).toThrow(expect.objectContaining({ code: 'TY_BACKEND_NAME' }));
  });

  it('cannot have unlike roles, or replicas that may fail', () => {
    const roles = [torchRole(1), torchRole(1, { name: 'ps' })];
    const options = clusterOptions(kubernetesJobBackendOptions.parse({ kind: 'kubernetes-job' }));
    const unsupported = expect.objectContaining({ code: 'TY_BACKEND_UNSUPPORTED' });
    expect(() => renderKubernetesJob(clusterRequest({ roles }), clusterSite(), options)).toThrow(unsupported);
    expect(() => render({ terms: { maxFailed: 1 } })).toThrow(unsupported);
    expect(() => render({ terms: { minSucceeded: 1 } })).toThrow(unsupported);
  });
});

describe('the gang of a Job', () => {
  it('is what the cluster has: a PodGroup of Volcano', () => {
    const [group, , job] = render({ dialects: { podGroups: 'volcano' } });
    expect(group).toMatchObject({
      apiVersion: 'scheduling.volcano.sh/v1beta1',
      kind: 'PodGroup',
      spec: { minMember: 2 },
    });
    expect(at(job, 'spec', 'template')).toMatchObject({
      metadata: { annotations: { 'scheduling.k8s.io/group-name': 'digits-abcdefgh-t1' } },
      spec: { schedulerName: 'volcano' },
    });
  });

  it('is the queue of Kueue where one is named', () => {
    const objects = render({ dialects: { kueue: 'v1beta2', podGroups: 'volcano' }, backend: { queue: 'ml' } });
    expect(kinds(objects)).toEqual(['Service', 'Job']);
    expect(jobOf(objects)?.metadata.labels).toMatchObject({ 'kueue.x-k8s.io/queue-name': 'ml' });
  });

  it('is a PodGroup for a scheduler of its own', () => {
    const backend = { gang: 'coscheduling', scheduler: 'gangs' } as const;
    const [group, , job] = render({ backend, dialects: { podGroups: 'coscheduling' } });
    expect(group).toMatchObject({ apiVersion: 'scheduling.x-k8s.io/v1alpha1', spec: { minMember: 2 } });
    expect(at(job, 'spec', 'template')).toMatchObject({
      metadata: { labels: { 'scheduling.x-k8s.io/pod-group': 'digits-abcdefgh-t1' } },
      spec: { schedulerName: 'gangs' },
    });
  });

  it('is left to the start deadline where there is nothing', () => {
    expect(kinds(render())).toEqual(['Service', 'Job']);
  });

  it.each<readonly [string, Case]>([
    ['Kueue where it is not', { backend: { gang: 'kueue', queue: 'ml' } }],
    ['Kueue without a queue', { backend: { gang: 'kueue' }, dialects: { kueue: 'v1beta2' } }],
    ['a queue that nothing knows', { backend: { queue: 'ml' } }],
    ['Volcano where it is not', { backend: { gang: 'volcano' } }],
    ['coscheduling by nobody', { backend: { gang: 'coscheduling' }, dialects: { podGroups: 'coscheduling' } }],
  ])('is refused: %s', (_name, wrong) => {
    expect(() => render(wrong)).toThrow(expect.objectContaining({ code: 'TY_BACKEND_UNSUPPORTED' }));
  });
});
