import type { JobStatus, RankStatus, StepName } from '../../domain/job.ts';
import type { ContainerFacts, PodFacts } from './pod-facts.ts';

/** One line a replica, in rank order. */
export function rankStatuses(pods: readonly PodFacts[]): readonly RankStatus[] {
  return pods.map((pod) => {
    const steps = pod.containers.filter((one) => one.step !== null);
    const failed = steps.find((one) => (one.terminated?.exitCode ?? 0) !== 0);
    const begun = steps.filter((one) => one.runningSince !== null || one.terminated !== null);
    const current = failed ?? begun.at(-1);
    const ended = pod.phase === 'Succeeded' || pod.phase === 'Failed' || failed !== undefined;
    return {
      role: pod.role.name,
      rank: pod.rank,
      step: current?.step ?? pod.role.steps[0]?.name ?? 'train',
      pid: null,
      startedAt: begun.map(startOf).find((time) => time !== null) ?? null,
      finishedAt: ended ? (current?.terminated?.finishedAt ?? null) : null,
      exitCode: ended ? (current?.terminated?.exitCode ?? null) : null,
      signal: null,
    };
  });
}

/** Seconds from a step's first start to its last end, over all replicas; a step that goes on is left out. */
export function stepSeconds(pods: readonly PodFacts[]): JobStatus['stepSeconds'] {
  const spans = new Map<StepName, { first: number; last: number }>();
  for (const { step, terminated } of pods.flatMap((pod) => pod.containers)) {
    if (step === null || terminated?.startedAt == null || terminated.finishedAt === null) continue;
    const first = Date.parse(terminated.startedAt);
    const last = Date.parse(terminated.finishedAt);
    const span = spans.get(step) ?? { first, last };
    spans.set(step, { first: Math.min(span.first, first), last: Math.max(span.last, last) });
  }
  return Object.fromEntries([...spans].map(([step, { first, last }]) => [step, (last - first) / 1000]));
}

function startOf(container: ContainerFacts): string | null {
  return container.runningSince ?? container.terminated?.startedAt ?? null;
}
