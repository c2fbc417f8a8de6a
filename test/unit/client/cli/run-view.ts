import type { RunView, StageStatus } from '../../../../domain/run-state.ts';
import { STAGES } from '../../../../domain/stage.ts';
import type { Stage } from '../../../../domain/stage.ts';

/** A run that trains, one minute after its start; with what a test changes. */
export function runView(change: Partial<RunView> = {}, stages: Partial<Record<Stage, StageStatus>> = {}): RunView {
  const usual: Record<Stage, StageStatus> = {
    resolve: 'done',
    fetch: 'done',
    train: 'running',
    package: 'waiting',
    push: 'waiting',
    register: 'off',
    ...stages,
  };
  return {
    runId: 'run-digits-a2b3c4',
    workflowId: 'run-digits-a2b3c4',
    name: 'digits',
    displayName: null,
    project: 'default',
    status: 'running',
    stage: 'train',
    stages: STAGES.map((name, index) => {
      const status = usual[name];
      const begun = status !== 'waiting' && status !== 'off';
      return {
        name,
        status,
        attempts: begun ? 1 : 0,
        startedAt: begun ? at(10 * index) : null,
        finishedAt: begun && status !== 'running' ? at(10 * index + 5) : null,
      };
    }),
    createdAt: '2026-01-01T00:00:00.000Z',
    finishedAt: null,
    output: null,
    service: null,
    metrics: null,
    error: null,
    cause: null,
    stepSeconds: {},
    parkedUntil: null,
    leftovers: [],
    ...change,
  };
}

export const NOW = new Date('2026-01-01T00:01:00.000Z');

function at(second: number): string {
  return `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z`;
}
