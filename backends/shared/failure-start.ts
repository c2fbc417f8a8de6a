import type { FailureInput, Finding, Stuck } from './failure.ts';
import { startError, whoIs } from './failure-end.ts';
import { textAt } from '../../domain/json.ts';
import type { KubeObject } from '../../domain/cluster-job.ts';
import type { PodFacts } from './pod-facts.ts';

const IMAGE_PULL = ['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull', 'ImageInspectError'];
const NEVER_PULLED = ['InvalidImageName', 'ErrImageNeverPull'];
const NOT_STARTED = ['RunContainerError', 'CreateContainerError'];

/** The registry answered, and the answer was no. */
const REFUSED = /not found|manifest unknown|unauthorized|denied|forbidden|invalid/i;
const MISSING = /(configmaps?|secrets?|persistentvolumeclaims?) "([^"]+)" (is )?not found/i;

type Trouble = Pick<Finding, 'kind' | 'code' | 'budget' | 'message'> & {
  readonly since: string | null;
  /** `null` = never fails by itself: deadlines judge it. */
  readonly graceMs: number | null;
  readonly queued?: boolean;
};

/** What keeps a pod from starting; the first rule that fits. */
export function stuck(pod: PodFacts, input: FailureInput): Stuck | null {
  const events = input.events.filter((event) => textAt(event, 'involvedObject', 'name') === pod.name);
  const trouble = unscheduled(pod, input) ?? waiting(pod, events, input) ?? unmounted(pod, events, input);
  if (trouble === null) return null;
  const { kind, code, budget, message, since, graceMs, queued = false } = trouble;
  const waited = Date.parse(input.now) - Date.parse(since ?? pod.createdAt ?? input.now);
  const final = graceMs !== null && waited >= graceMs;
  return { kind, code, budget, message, queued, final, at: since ?? '', step: null, exitCode: null, signal: null };
}

function unscheduled(pod: PodFacts, input: FailureInput): Trouble | null {
  const condition = pod.conditions.find((one) => one.type === 'PodScheduled' && one.status === 'False');
  if (condition === undefined) return null;
  const said = condition.message ?? '';
  const since = condition.at;
  const missing = MISSING.exec(said);
  if (missing !== null) return configMissing(pod, missing[0], since, input);
  const gated = condition.reason === 'SchedulingGated';
  const why = gated
    ? `held back by a scheduling gate${said === '' ? '' : `: ${said}`}`
    : `no node can take it: ${said}`;
  return {
    kind: 'unschedulable',
    code: 'TY_JOB_UNSCHEDULABLE',
    budget: 'infrastructure',
    message: `${whoIs(pod)}: ${why}`,
    since,
    graceMs: null,
    queued: true,
  };
}

function waiting(pod: PodFacts, events: readonly KubeObject[], input: FailureInput): Trouble | null {
  for (const { waiting: state } of pod.containers) {
    if (state === null) continue;
    const said = state.message ?? state.reason;
    if (IMAGE_PULL.includes(state.reason)) return imagePull(pod, state.reason, said, events, input);
    if (state.reason === 'CreateContainerConfigError') {
      const name = MISSING.exec(said)?.[2];
      if (name !== undefined && (input.expectedConfigMaps ?? []).includes(name)) return null;
      return configMissing(pod, said, scheduledAt(pod), input);
    }
    if (NOT_STARTED.includes(state.reason)) {
      return { ...startError(whoIs(pod), said), budget: 'code', since: scheduledAt(pod), graceMs: 0 };
    }
  }
  return null;
}

function imagePull(
  pod: PodFacts,
  reason: string,
  said: string,
  events: readonly KubeObject[],
  input: FailureInput,
): Trouble {
  const never = NEVER_PULLED.includes(reason);
  const told = events.filter((event) => /pull/i.test(textAt(event, 'message') ?? '') && isReason(event, 'Failed'));
  const failures = told.map((event) => textAt(event, 'message') ?? '');
  const refused = never || [said, ...failures].some((text) => REFUSED.test(text));
  // A big image takes its time: the grace begins with the first failure, not with the pull.
  const since = told.map(firstSeen).toSorted()[0] ?? scheduledAt(pod);
  return {
    kind: 'image-pull',
    code: 'TY_JOB_IMAGE_PULL',
    budget: refused ? 'code' : 'infrastructure',
    message: `image pull failing for ${whoIs(pod)}: ${said}`,
    since,
    graceMs: never ? 0 : input.graces.imagePull,
  };
}

function unmounted(pod: PodFacts, events: readonly KubeObject[], input: FailureInput): Trouble | null {
  if (pod.phase !== 'Pending') return null;
  for (const event of events.filter((one) => isReason(one, 'FailedMount'))) {
    const said = textAt(event, 'message') ?? '';
    if (said.includes('hostPath type check failed')) {
      const message = `${whoIs(pod)} needs a folder that its node does not have: ${said}`;
      const since = firstSeen(event);
      return {
        kind: 'host-path-missing',
        code: 'TY_JOB_HOST_PATH_MISSING',
        budget: 'code',
        message,
        since,
        graceMs: 0,
      };
    }
    const missing = MISSING.exec(said);
    if (missing === null || (input.expectedConfigMaps ?? []).includes(missing[2] ?? '')) continue;
    return configMissing(pod, missing[0], firstSeen(event), input);
  }
  return null;
}

function configMissing(pod: PodFacts, said: string, since: string | null, input: FailureInput): Trouble {
  const message = `${whoIs(pod)} cannot start: ${said}`;
  return {
    kind: 'config-missing',
    code: 'TY_JOB_CONFIG_MISSING',
    budget: 'code',
    message,
    since,
    graceMs: input.graces.configMissing,
  };
}

function scheduledAt(pod: PodFacts): string | null {
  return pod.conditions.find((one) => one.type === 'PodScheduled' && one.status === 'True')?.at ?? pod.createdAt;
}

function isReason(event: KubeObject, reason: string): boolean {
  return textAt(event, 'reason') === reason;
}

function firstSeen(event: KubeObject): string {
  return (
    textAt(event, 'firstTimestamp') ??
    textAt(event, 'eventTime') ??
    textAt(event, 'metadata', 'creationTimestamp') ??
    ''
  );
}
