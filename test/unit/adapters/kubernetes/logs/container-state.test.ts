import { describe, expect, it } from 'vitest';
import { containerState, podEnded, restartsOf } from '../../../../../adapters/kubernetes/logs/container-state.ts';
import type { KubeObject } from '../../../../../domain/cluster-job.ts';

const startedAt = '2026-01-01T00:00:00Z';
const pod = (status: object): KubeObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, status });
const train = (status: object): KubeObject => pod({ containerStatuses: [{ name: 'train', ...status }] });

describe('what of a container can be read', () => {
  it.each([
    ['nothing before it starts', train({ state: { waiting: { reason: 'ContainerCreating' } } }), { kind: 'waiting' }],
    ['nothing of a pod without a status', pod({}), { kind: 'waiting' }],
    ['what it has written while it runs', train({ state: { running: { startedAt } } }), { kind: 'running', startedAt }],
    ['all of it when it has ended', train({ state: { terminated: { startedAt } } }), { kind: 'ended', startedAt }],
    [
      'all of it while it waits to be started again',
      train({ state: { waiting: {} }, lastState: { terminated: { startedAt } } }),
      { kind: 'ended', startedAt },
    ],
    [
      'nothing of what the node has lost',
      train({ state: { terminated: { startedAt, reason: 'ContainerStatusUnknown' } } }),
      { kind: 'waiting' },
    ],
  ])('is %s', (_name, object, expected) => {
    expect(containerState(object, 'train')).toEqual(expected);
  });

  it('is found by name among init containers too, wherever it stands', () => {
    const both = pod({
      initContainerStatuses: [{ name: 'prepare', state: { terminated: { startedAt } }, restartCount: 2 }],
      containerStatuses: [{ name: 'sidecar' }, { name: 'train', state: { running: { startedAt } }, restartCount: 1 }],
    });
    expect(containerState(both, 'prepare').kind).toBe('ended');
    expect(containerState(both, 'train').kind).toBe('running');
    expect(restartsOf(both)).toBe(3);
  });

  it('ends with the pod', () => {
    expect(['Pending', 'Running', 'Unknown', 'Succeeded', 'Failed'].map((phase) => podEnded(pod({ phase })))).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
  });
});
