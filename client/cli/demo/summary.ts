import type { RunRecord } from '../../../domain/record.ts';
import type { RunStatus, RunView } from '../../../domain/run-state.ts';
import type { Stage } from '../../../domain/stage.ts';

export interface Prediction {
  readonly label: number;
  readonly expected: number;
}

/** Content of `.trainyard/demo/summary.json`. Seconds have milliseconds. */
export interface DemoSummary {
  readonly runId: string;
  readonly status: RunStatus;
  readonly stages: readonly { readonly name: Stage; readonly seconds: number; readonly attempts: number }[];
  /** Wall time of the training processes. */
  readonly trainerSeconds: number;
  /**
   * The run's wall time less the time that training, packaging and evaluation processes ran, and less the
   * inference server's time from spawn to first ready.
   */
  readonly overheadSeconds: number;
  readonly outputRepo: string | null;
  readonly outputBranch: string | null;
  readonly commit: string | null;
  readonly artifact: { readonly path: string; readonly sha256: string; readonly bytes: number } | null;
  readonly metrics: Readonly<Record<string, number>> | null;
  readonly service: { readonly url: string } | null;
  readonly prediction: Prediction | null;
}

export function summarize(view: RunView, record: RunRecord | null, prediction: Prediction | null): DemoSummary {
  const total = seconds(view.createdAt, view.finishedAt);
  const steps = Object.values(view.stepSeconds).reduce((sum, one) => sum + one, 0);
  return {
    runId: view.runId,
    status: view.status,
    stages: view.stages.map(({ name, attempts, startedAt, finishedAt }) => ({
      name,
      seconds: seconds(startedAt, finishedAt),
      attempts,
    })),
    trainerSeconds: round(view.stepSeconds.train ?? 0),
    overheadSeconds: round(Math.max(0, total - steps - (record?.serviceStartSeconds ?? 0))),
    outputRepo: view.output?.url ?? null,
    outputBranch: view.output?.branch ?? null,
    commit: view.output?.commit ?? null,
    artifact: record?.artifact ?? null,
    metrics: view.metrics,
    service: view.service === null ? null : { url: view.service.url },
    prediction,
  };
}

/** The most likely class: the index of the largest score. */
export function bestClass(scores: readonly number[]): number {
  return scores.reduce((best, score, index) => (score > (scores[best] ?? -Infinity) ? index : best), 0);
}

function seconds(from: string | null, to: string | null): number {
  if (from === null || to === null) return 0;
  return round((Date.parse(to) - Date.parse(from)) / 1000);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
