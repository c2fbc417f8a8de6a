import type { KubeObject } from './objects.ts';

/** Annotations by which a test says how a played pod or node goes. Durations are Go durations: `5s`, `1500ms`. */
export const PLAY = {
  /**
   * `fail`, `oom`, `evict`, `bad-image`, `bad-config`, `hang`, or `stuck`, which hangs and stays when it is deleted, as
   * on a node that is lost; left out, the pod exits with 0.
   */
  outcome: 'play.trainyard.test/outcome',
  /** How long it runs; 2 s when left out. */
  runFor: 'play.trainyard.test/run-for',
  /** How long it takes to start; 300 ms when left out. */
  startDelay: 'play.trainyard.test/start-delay',
  /** Exit code of a pod that fails; 1 when left out. */
  exitCode: 'play.trainyard.test/exit-code',
  /** On a node: it is not ready any more. */
  down: 'play.trainyard.test/down',
} as const;

interface Match {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[];
}

interface Next {
  readonly statusTemplate?: string;
  readonly delete?: boolean;
  readonly finalizers?: { readonly empty: boolean };
}

const annotation = (name: string) => `.metadata.annotations["${name}"]`;
const alive: Match = { key: '.metadata.deletionTimestamp', operator: 'DoesNotExist' };
const told: Match = { key: '.metadata.deletionTimestamp', operator: 'Exists' };
const over: Match = { key: '.status.phase', operator: 'In', values: ['Succeeded', 'Failed'] };
const inPhase = (phase: string): Match => ({ key: '.status.phase', operator: 'In', values: [phase] });

function outcome(operator: 'In' | 'NotIn', ...values: readonly string[]): Match {
  return { key: annotation(PLAY.outcome), operator, values };
}

function stage(
  name: string,
  kind: 'Pod' | 'Node',
  matchExpressions: readonly Match[],
  next: Next,
  delay?: object,
): KubeObject {
  return {
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'Stage',
    metadata: { name },
    spec: {
      resourceRef: { apiGroup: 'v1', kind },
      selector: { matchExpressions },
      ...(delay === undefined ? {} : { delay }),
      next,
    },
  };
}

function delayed(milliseconds: number, name: string) {
  return { durationMilliseconds: milliseconds, durationFrom: { expressionFrom: annotation(name) } };
}

/** A status template: KWOK fills in what stands between the braces, and reads the outcome as YAML. */
function podStatus(phase: string, ready: boolean, state: string, more: readonly string[] = []): string {
  const condition = (type: string, holds: boolean) =>
    `- {type: ${type}, status: "${holds ? 'True' : 'False'}", lastTransitionTime: {{ $now | Quote }}}`;
  const containers = (list: string, its: string, isReady: boolean) => [
    `{{ range .spec.${list} }}`,
    `- {name: {{ .name | Quote }}, image: {{ .image | Quote }}, imageID: "", restartCount: 0,`,
    `   ready: ${isReady}, started: ${isReady}, state: ${its}}`,
    '{{ end }}',
  ];
  const done =
    '{terminated: {exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }}}}';
  return [
    '{{ $now := Now }}',
    '{{ $start := or .status.startTime $now }}',
    '{{ $notes := or .metadata.annotations dict }}',
    `phase: ${phase}`,
    ...more,
    'conditions:',
    condition('PodScheduled', true),
    condition('Initialized', true),
    condition('ContainersReady', ready),
    condition('Ready', ready),
    'containerStatuses:',
    ...containers('containers', state, ready),
    '{{ if .spec.initContainers }}',
    'initContainerStatuses:',
    ...containers('initContainers', done, true),
    '{{ end }}',
  ].join('\n');
}

function terminated(exitCode: string, reason: string): string {
  return `{terminated: {exitCode: ${exitCode}, reason: ${reason}, startedAt: {{ $start | Quote }}, finishedAt: {{ $now | Quote }}}}`;
}

const address =
  '{{ PodIPWith .spec.nodeName ( or .spec.hostNetwork false ) ( or .metadata.uid "" ) ( or .metadata.name "" ) ( or .metadata.namespace "" ) | Quote }}';

function starting(): readonly KubeObject[] {
  const begun = ['startTime: {{ $now | Quote }}', 'hostIP: {{ NodeIPWith .spec.nodeName | Quote }}'];
  const fresh: readonly Match[] = [
    alive,
    inPhase('Pending'),
    { key: '.spec.nodeName', operator: 'Exists' },
    { key: '.status.containerStatuses', operator: 'DoesNotExist' },
  ];
  const waiting = (name: string, reason: string, message: string) =>
    stage(`pod-${name}`, 'Pod', [...fresh, outcome('In', name)], {
      statusTemplate: podStatus(
        'Pending',
        false,
        `{waiting: {reason: ${reason}, message: ${JSON.stringify(message)}}}`,
        begun,
      ),
    });
  return [
    stage(
      'pod-run',
      'Pod',
      [...fresh, outcome('NotIn', 'bad-image', 'bad-config')],
      {
        statusTemplate: podStatus('Running', true, '{running: {startedAt: {{ $now | Quote }}}}', [
          ...begun,
          `podIP: ${address}`,
        ]),
      },
      delayed(300, PLAY.startDelay),
    ),
    waiting('bad-image', 'ImagePullBackOff', 'Back-off pulling image: not found'),
    waiting('bad-config', 'CreateContainerConfigError', 'configmap "missing" not found'),
  ];
}

function ending(): readonly KubeObject[] {
  const end = (name: string, matches: readonly Match[], phase: string, state: string, more?: readonly string[]) =>
    stage(
      `pod-${name}`,
      'Pod',
      [alive, inPhase('Running'), ...matches],
      { statusTemplate: podStatus(phase, false, state, more) },
      delayed(2_000, PLAY.runFor),
    );
  const code = `{{ or ( index $notes "${PLAY.exitCode}" ) "1" }}`;
  return [
    end(
      'succeed',
      // A server, whose pods are always restarted, keeps running.
      [
        { key: '.spec.restartPolicy', operator: 'NotIn', values: ['Always'] },
        outcome('NotIn', 'fail', 'oom', 'evict', 'hang', 'stuck'),
      ],
      'Succeeded',
      terminated('0', 'Completed'),
    ),
    end('fail', [outcome('In', 'fail')], 'Failed', terminated(code, 'Error')),
    end('oom', [outcome('In', 'oom')], 'Failed', terminated('137', 'OOMKilled')),
    end('evict', [outcome('In', 'evict')], 'Failed', terminated('137', 'Error'), [
      'reason: Evicted',
      'message: "The node was low on resource: memory."',
    ]),
    // As a kubelet: it ends what runs, says so, and then lets the pod go as soon as its finalizers do.
    stage('pod-stop', 'Pod', [told, { ...over, operator: 'NotIn' }, outcome('NotIn', 'stuck')], {
      statusTemplate: podStatus('Failed', false, terminated('143', 'Error')),
    }),
    stage('pod-remove', 'Pod', [told, over, outcome('NotIn', 'stuck')], { delete: true }),
  ];
}

function nodes(): readonly KubeObject[] {
  const ready: Match = {
    key: '.status.conditions.[] | select( .type == "Ready" ) | .status',
    operator: 'In',
    values: ['True'],
  };
  const condition = (type: string, status: string, reason: string) =>
    `- {type: ${type}, status: "${status}", reason: ${reason}, message: played, lastHeartbeatTime: {{ $now | Quote }}, lastTransitionTime: {{ $now | Quote }}}`;
  const up = [
    '{{ $now := Now }}',
    'addresses:',
    '- {type: InternalIP, address: {{ NodeIP | Quote }}}',
    '- {type: Hostname, address: {{ .metadata.name | Quote }}}',
    'daemonEndpoints: {kubeletEndpoint: {Port: {{ NodePort }}}}',
    'nodeInfo: {architecture: amd64, operatingSystem: linux, bootID: "", machineID: "", systemUUID: "", kernelVersion: played,',
    '  osImage: played, containerRuntimeVersion: "played://1", kubeletVersion: played, kubeProxyVersion: played}',
    'conditions:',
    condition('Ready', 'True', 'KubeletReady'),
    condition('MemoryPressure', 'False', 'Played'),
    condition('DiskPressure', 'False', 'Played'),
    condition('PIDPressure', 'False', 'Played'),
  ];
  return [
    stage(
      'node-up',
      'Node',
      [
        { ...ready, operator: 'NotIn' },
        { key: annotation(PLAY.down), operator: 'DoesNotExist' },
      ],
      {
        statusTemplate: up.join('\n'),
      },
    ),
    stage('node-down', 'Node', [ready, { key: annotation(PLAY.down), operator: 'Exists' }], {
      statusTemplate: ['{{ $now := Now }}', 'conditions:', condition('Ready', 'False', 'KubeletNotReady')].join('\n'),
    }),
  ];
}

/** How played nodes and pods go, as KWOK reads it. */
export function playedStages(): readonly KubeObject[] {
  return [...nodes(), ...starting(), ...ending()];
}
