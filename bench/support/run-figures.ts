import type { WorkflowHandle } from '@temporalio/client';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readState } from '../../adapters/local/job-files.ts';
import { jobName } from '../../domain/names.ts';
import type { RunRecord } from '../../domain/record.ts';
import type { RunView } from '../../domain/run-state.ts';
import type { Stage } from '../../domain/stage.ts';

/** From the end of one job to the start of the stage after it, seconds. */
export interface Handover {
  /** From the exit of the last process: what nobody can argue with. */
  readonly fromExit: number;
  /** From the moment the supervisor wrote the job down as ended. */
  readonly fromJobEnd: number;
}

/** What one run cost, seconds. */
export interface RunFigures {
  readonly wall: number;
  readonly steps: number;
  readonly server: number;
  /** Wall less steps less server. */
  readonly overhead: number;
  /** Each stage less the processes and the server in it. */
  readonly stages: Readonly<Record<Stage, number>>;
  /** Before the first stage began. */
  readonly toFirstStage: number;
  /** From the end that the run shows to the result in the client's hands: the record's last write. */
  readonly afterLastStage: number;
  readonly handovers: readonly Handover[];
  readonly events: number;
  readonly bytes: number;
}

export async function figuresOf(
  handle: WorkflowHandle,
  view: RunView,
  measured: { readonly workspace: string; readonly clientSeconds: number },
): Promise<RunFigures> {
  const { historyLength, historySize } = await handle.describe();
  const root = join(measured.workspace, 'runs', view.runId);
  // Written by the run that has just ended.
  const record = JSON.parse(readFileSync(join(root, 'run.json'), 'utf8')) as RunRecord;
  const wall = between(view.createdAt, view.finishedAt);
  const server = record.serviceStartSeconds ?? 0;
  const { train = 0, package: exported = 0, layout = 0, evaluate = 0 } = view.stepSeconds;
  const steps = train + exported + layout + evaluate;
  const away: Partial<Record<Stage, number>> = { train, package: exported + layout + evaluate, register: server };
  const stages = view.stages.map(({ name, startedAt, finishedAt }) => {
    return [name, between(startedAt, finishedAt) - (away[name] ?? 0)] as const;
  });
  return {
    wall,
    steps,
    server,
    overhead: wall - steps - server,
    stages: Object.fromEntries(stages) as Record<Stage, number>,
    toFirstStage: between(view.createdAt, startOf(view, 'resolve')),
    afterLastStage: measured.clientSeconds - wall,
    handovers: [handover(root, record, view, 'train'), handover(root, record, view, 'package')],
    events: historyLength,
    bytes: historySize ?? 0,
  };
}

function handover(root: string, record: RunRecord, view: RunView, purpose: 'train' | 'package'): Handover {
  const state = readState(join(root, 'jobs', jobName(record.plan.jobPrefix, purpose, 1)));
  const exits = state?.ranks.map((rank) => rank.finishedAt ?? '') ?? [];
  const next = startOf(view, purpose === 'train' ? 'package' : 'push');
  return {
    fromExit: between(exits.toSorted().at(-1) ?? null, next),
    fromJobEnd: between(state?.finishedAt ?? null, next),
  };
}

function startOf(view: RunView, stage: Stage): string | null {
  return view.stages.find(({ name }) => name === stage)?.startedAt ?? null;
}

function between(from: string | null, to: string | null): number {
  const value = (Date.parse(to ?? '') - Date.parse(from ?? '')) / 1000;
  if (Number.isNaN(value)) throw new Error('a time is missing in the run: it did not go through all stages');
  return value;
}
