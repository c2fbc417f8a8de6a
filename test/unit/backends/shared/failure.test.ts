import { describe, expect, it } from 'vitest';
import { failureOf, stuckOf } from '../../../../backends/shared/failure.ts';
import type { FailureInput } from '../../../../backends/shared/failure.ts';
import { indexFrom, podFacts } from '../../../../backends/shared/pod-facts.ts';
import { GRACES } from '../../../../domain/cluster-job.ts';
import type { KubeObject } from '../../../../domain/cluster-job.ts';
import type { FailureCause } from '../../../../domain/job.ts';
import { clusterRequest, liveEvent, livePod, noon, terminated, torchRole } from '../../../support/cluster-job.ts';

const request = clusterRequest({ roles: [torchRole(3)] });
const indexOf = indexFrom('batch.kubernetes.io/job-completion-index');

function input(pods: readonly KubeObject[], over: Partial<FailureInput> = {}): FailureInput {
  return {
    pods: podFacts(request, pods, indexOf),
    events: [],
    now: noon(3600),
    lastLines: {},
    graces: GRACES,
    memoryOf: () => 4 * 2 ** 30,
    ...over,
  };
}

const condition = (type: string, status: string, reason: string, message = '', seconds = 2) => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: noon(seconds),
});

const pending = (reason: string, message: string): KubeObject =>
  livePod({
    phase: 'Pending',
    node: null,
    conditions: [condition('PodScheduled', 'False', reason, message)],
    state: {},
  });

const waiting = (reason: string, message: string): KubeObject =>
  livePod({ phase: 'Pending', state: { waiting: { reason, message } } });

const failed = (exitCode: number, reason = 'Error', message?: string): KubeObject =>
  livePod({ phase: 'Failed', state: terminated(exitCode, 30, reason, message) });

const disrupted = (reason: string): KubeObject =>
  livePod({
    phase: 'Failed',
    conditions: [condition('DisruptionTarget', 'True', reason, 'taken away', 40)],
    state: terminated(143, 41),
  });

type Expected = Partial<FailureCause> & { readonly says: RegExp };
const creating = livePod({ phase: 'Pending', state: { waiting: { reason: 'ContainerCreating' } } });
const mount = (message: string): readonly KubeObject[] => [liveEvent(creating, 'FailedMount', message, 3)];

const ENDINGS: readonly (readonly [
  name: string,
  pod: KubeObject,
  expected: Expected,
  events?: readonly KubeObject[],
])[] = [
  [
    'an image that is not there',
    waiting('ImagePullBackOff', 'Back-off pulling: manifest unknown'),
    { kind: 'image-pull', code: 'TY_JOB_IMAGE_PULL', budget: 'code', says: /manifest unknown/ },
  ],
  [
    'a registry that does not answer',
    waiting('ErrImagePull', 'dial tcp: i/o timeout'),
    { kind: 'image-pull', budget: 'infrastructure', says: /i\/o timeout/ },
  ],
  [
    'a secret that a variable needs',
    waiting('CreateContainerConfigError', 'secret "keys" not found'),
    { kind: 'config-missing', code: 'TY_JOB_CONFIG_MISSING', budget: 'code', says: /secret "keys" not found/ },
  ],
  [
    'a ConfigMap that a volume needs, of which only an event tells',
    creating,
    { kind: 'config-missing', budget: 'code', says: /configmap "train" not found/ },
    mount('MountVolume.SetUp failed for volume "code" : configmap "train" not found'),
  ],
  [
    'a claim that does not exist',
    pending('Unschedulable', '0/3 nodes are available: persistentvolumeclaim "models" not found.'),
    { kind: 'config-missing', budget: 'code', says: /persistentvolumeclaim "models" not found/ },
  ],
  [
    'a folder that the node does not have',
    creating,
    { kind: 'host-path-missing', code: 'TY_JOB_HOST_PATH_MISSING', budget: 'code', says: /\/opt\/code/ },
    mount('MountVolume.SetUp failed: hostPath type check failed: /opt/code is not a directory'),
  ],
  [
    'a container that the runtime cannot create',
    waiting('CreateContainerError', 'runtime "kata" is not configured'),
    { kind: 'start-error', code: 'TY_JOB_START_ERROR', budget: 'code', says: /kata/ },
  ],
  [
    'a program that is not in the image',
    failed(128, 'StartError', 'exec: "trian": executable file not found in $PATH'),
    { kind: 'command-not-found', code: 'TY_JOB_COMMAND_NOT_FOUND', budget: 'code', says: /trian/ },
  ],
  [
    'a replica that used too much memory',
    failed(137, 'OOMKilled'),
    { kind: 'oom', code: 'TY_JOB_OOM', budget: 'code', exitCode: 137, says: /4\.0 GiB asked for/ },
  ],
  [
    'a replica that something killed',
    failed(137),
    { kind: 'signal', signal: 'SIGKILL', budget: 'code', says: /possible OOM/ },
  ],
  [
    'an eviction',
    livePod({ phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' }),
    { kind: 'evicted', code: 'TY_JOB_EVICTED', budget: 'infrastructure', says: /low on resource/ },
  ],
  [
    'a scratch folder that was filled beyond its size',
    livePod({
      phase: 'Failed',
      reason: 'Evicted',
      message: 'Usage of EmptyDir volume "scratch" exceeds the limit "5Gi".',
    }),
    { kind: 'evicted', budget: 'code', says: /exceeds the limit/ },
  ],
  [
    'a preemption',
    disrupted('PreemptionByScheduler'),
    { kind: 'preempted', code: 'TY_JOB_PREEMPTED', budget: 'infrastructure', says: /higher priority/ },
  ],
  [
    'a node that went away',
    disrupted('DeletionByTaintManager'),
    { kind: 'node-lost', code: 'TY_JOB_NODE_LOST', budget: 'infrastructure', says: /node-1/ },
  ],
  [
    'a node that shuts down',
    livePod({
      phase: 'Failed',
      reason: 'Terminated',
      message: 'Pod was terminated in response to imminent node shutdown.',
    }),
    { kind: 'node-lost', budget: 'infrastructure', says: /shutdown/ },
  ],
  [
    'a node that had no room after all',
    livePod({ phase: 'Failed', reason: 'OutOfnvidia.com/gpu', message: 'Node did not have enough resource' }),
    { kind: 'unschedulable', code: 'TY_JOB_UNSCHEDULABLE', budget: 'infrastructure', says: /turned away/ },
  ],
  [
    'a deadline of the pod',
    livePod({ phase: 'Failed', reason: 'DeadlineExceeded', state: terminated(143, 30) }),
    { kind: 'deadline', code: 'TY_JOB_DEADLINE', budget: 'code', says: /longer than it may/ },
  ],
  [
    "a framework's own init container",
    livePod({ phase: 'Failed', state: {}, init: [{ name: 'coord', state: terminated(1, 9) }] }),
    { kind: 'init-failed', code: 'TY_JOB_INIT_FAILED', budget: 'code', says: /coord/ },
  ],
  ['a wrong argument', failed(2), { kind: 'exit-code', exitCode: 2, budget: 'code', says: /argument/ }],
  ['a command that is not there', failed(127), { kind: 'command-not-found', exitCode: 127, says: /not found/ }],
  ['a crash', failed(139), { kind: 'signal', signal: 'SIGSEGV', exitCode: 139, says: /SIGSEGV/ }],
  ['an exit code', failed(1), { kind: 'exit-code', code: 'TY_JOB_EXIT_CODE', step: 'train', says: /exit code 1/ }],
];

describe('the cause of a failure', () => {
  it.each(ENDINGS.map(([name, pod, { says, ...expected }, events = []]) => ({ name, pod, says, expected, events })))(
    'names $name, and who pays for it',
    ({ pod, says, expected, events }) => {
      const cause = failureOf(input([pod], { events }));
      expect(cause).toMatchObject({ role: 'worker', rank: 0, ...expected });
      expect(cause?.message).toMatch(says);
    },
  );

  it('is the rank that died first, with its last lines', () => {
    const late = livePod({ index: 0, phase: 'Failed', state: terminated(1, 31) });
    const early = livePod({ index: 2, phase: 'Failed', state: terminated(3, 30) });
    const lines = { 'worker-0': ['connection reset by peer'], 'worker-2': ['KeyError: "image"'] };
    const cause = failureOf(input([late, early], { lastLines: lines }));
    expect(cause).toMatchObject({ rank: 2, exitCode: 3, lastLines: ['KeyError: "image"'] });
  });

  it('is not a rank that was told to go', () => {
    const told = livePod({ index: 0, phase: 'Failed', state: terminated(143, 20), deletedAt: noon(19) });
    const own = livePod({ index: 1, phase: 'Failed', state: terminated(1, 30) });
    expect(failureOf(input([told, own]))).toMatchObject({ rank: 1, exitCode: 1 });
  });

  it('is the lost node, although its peers died of it minutes before anybody knew', () => {
    const peer = livePod({ index: 0, phase: 'Failed', state: terminated(1, 30) });
    const lost = livePod({
      index: 1,
      conditions: [condition('DisruptionTarget', 'True', 'DeletionByTaintManager', '', 330)],
    });
    expect(failureOf(input([peer, lost]))).toMatchObject({ kind: 'node-lost', rank: 1, budget: 'infrastructure' });
  });

  it('is the exit code when a node is lost long after it', () => {
    const died = livePod({ index: 0, phase: 'Failed', state: terminated(1, 30) });
    const lost = livePod({
      index: 1,
      conditions: [condition('DisruptionTarget', 'True', 'DeletionByPodGC', '', 3000)],
    });
    expect(failureOf(input([died, lost]))).toMatchObject({ kind: 'exit-code', rank: 0 });
  });

  it('names the step that failed, though it ran before the main container', () => {
    const steps = [
      { name: 'package', argv: ['python3', 'export.py'], cwd: 'code' },
      { name: 'evaluate', argv: ['python3', 'evaluate.py'], cwd: 'code' },
    ] as const;
    const packaging = clusterRequest({ roles: [torchRole(1, { launcher: 'plain', steps })] });
    const pod = livePod({
      phase: 'Failed',
      container: 'evaluate',
      state: { waiting: { reason: 'PodInitializing' } },
      init: [{ name: 'package', state: terminated(1, 9) }],
    });
    const facts = podFacts(packaging, [pod], indexOf);
    expect(failureOf({ ...input([]), pods: facts })).toMatchObject({ kind: 'exit-code', step: 'package' });
  });

  it('is unknown while nothing has failed', () => {
    expect(
      failureOf(input([livePod(), pending('Unschedulable', '0/3 nodes: Insufficient nvidia.com/gpu')])),
    ).toBeNull();
  });
});

describe('what keeps a job from starting', () => {
  it.each([
    [
      'no node has room',
      pending('Unschedulable', '0/3 nodes: Insufficient nvidia.com/gpu'),
      /Insufficient nvidia.com\/gpu/,
    ],
    ['a gate holds it back', pending('SchedulingGated', 'waits for admission'), /scheduling gate/],
  ])('is queueing, never failure, when %s', (_name, pod, says) => {
    const found = stuckOf(input([pod]));
    expect(found?.finding).toMatchObject({ kind: 'unschedulable', queued: true, final: false });
    expect(found?.finding.message).toMatch(says);
  });

  it.each([
    ['an image', 'ErrImagePull', 'i/o timeout', 299, false],
    ['an image', 'ErrImagePull', 'i/o timeout', 300, true],
    ['an image name that is none', 'InvalidImageName', 'invalid reference format', 1, true],
    ['a secret', 'CreateContainerConfigError', 'secret "keys" not found', 119, false],
    ['a secret', 'CreateContainerConfigError', 'secret "keys" not found', 120, true],
    ['a container', 'RunContainerError', 'no such device', 1, true],
  ])('is borne for a while: %s (%s, %s) after %i s', (_name, reason, message, seconds, final) => {
    const found = stuckOf(input([waiting(reason, message)], { now: noon(2 + seconds) }));
    expect(found?.finding.final).toBe(final);
  });

  it('counts the grace of a big image from its first failure', () => {
    const pod = waiting('ErrImagePull', 'i/o timeout');
    const events = [liveEvent(pod, 'Failed', 'Failed to pull image: i/o timeout', 3500)];
    expect(stuckOf(input([pod], { events }))?.finding.final).toBe(false);
  });

  it('bears the ConfigMap that the framework makes itself when its pods have started', () => {
    const pod = waiting('CreateContainerConfigError', 'configmap "digits" not found');
    expect(stuckOf(input([pod], { expectedConfigMaps: ['digits'] }))).toBeNull();
  });

  it('puts what will never mend itself before what may', () => {
    const hopeless = livePod({ index: 2, phase: 'Pending', state: { waiting: { reason: 'InvalidImageName' } } });
    expect(stuckOf(input([pending('Unschedulable', 'full'), hopeless]))?.pod.rank).toBe(2);
  });
});

describe('the pods of a job', () => {
  it('are one a rank, the newest where one was replaced', () => {
    const old = livePod({ index: 1, phase: 'Failed', createdAt: noon(1), state: terminated(1, 9) });
    const fresh = livePod({ index: 1, createdAt: noon(10) });
    expect(podFacts(request, [fresh, old], indexOf).map((pod) => pod.phase)).toEqual(['Running']);
  });

  it('are told from pods that only look like them', () => {
    const strange = [livePod({ role: 'other' }), livePod({ index: 7 }), livePod({ indexKey: 'none' })];
    expect(podFacts(request, strange, indexOf)).toEqual([]);
  });
});
