import type { KubeObject } from '../../../domain/cluster-job.ts';
import { at, countAt, listAt, textAt } from '../../../domain/json.ts';

/** What of a container can be read. */
export type ContainerState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'running'; readonly startedAt: string | null }
  | { readonly kind: 'ended'; readonly startedAt: string | null };

/** By name and never by position: the kubelet sorts them. */
export function containerState(pod: KubeObject, name: string): ContainerState {
  const statuses = [...listAt(pod, 'status', 'initContainerStatuses'), ...listAt(pod, 'status', 'containerStatuses')];
  const status = statuses.find((one) => textAt(one, 'name') === name);
  if (at(status, 'state', 'running') !== undefined) {
    return { kind: 'running', startedAt: textAt(status, 'state', 'running', 'startedAt') };
  }
  for (const state of ['state', 'lastState']) {
    if (at(status, state, 'terminated') === undefined) continue;
    // What the node cannot find any more has no log.
    if (textAt(status, state, 'terminated', 'reason') === 'ContainerStatusUnknown') break;
    return { kind: 'ended', startedAt: textAt(status, state, 'terminated', 'startedAt') };
  }
  return { kind: 'waiting' };
}

/** Whether no container of the pod will start any more. */
export function podEnded(pod: KubeObject): boolean {
  const phase = textAt(pod, 'status', 'phase');
  return phase === 'Succeeded' || phase === 'Failed';
}

/** How often containers of the pod were started again. */
export function restartsOf(pod: KubeObject): number {
  const statuses = [...listAt(pod, 'status', 'initContainerStatuses'), ...listAt(pod, 'status', 'containerStatuses')];
  return statuses.reduce<number>((sum, status) => sum + countAt(status, 'restartCount'), 0);
}
