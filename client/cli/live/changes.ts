import type { RunView, StageView } from '../../../domain/run-state.ts';
import type { Say } from '../messages/texts.ts';
import { figure } from '../terminal/format.ts';
import type { LossPoint } from './loss.ts';

interface ChangeStyle {
  readonly say: Say;
  readonly last: LossPoint | null;
}

/** What happened to a run between two looks, one line each, oldest first. */
export function changesBetween(before: RunView | null, view: RunView, { say, last }: ChangeStyle): string[] {
  const lines = view.stages.flatMap((stage) => stageChange(find(before, stage), stage, say));
  if (last !== null && lines.length > 0 && finished(before, view, 'train')) {
    lines.push(say('watch.loss', { time: clock(view, 'train'), step: last[0], loss: figure(last[1]) }));
  }
  if (view.status === 'parked' && before?.status !== 'parked') {
    if (view.error !== null) lines.push(`${view.error.code}: ${view.error.message}`);
    lines.push(say('watch.parked', { run: view.runId, until: view.parkedUntil ?? '?' }));
  }
  return lines;
}

function stageChange(before: StageView | undefined, stage: StageView, say: Say): string[] {
  if (before?.status === stage.status && before.attempts === stage.attempts) return [];
  if (stage.status === 'waiting' || stage.status === 'off') return [];
  const again = stage.attempts > 1 ? ` (${say('stage.attempt', { number: stage.attempts })})` : '';
  const status = `${say(`stage.${stage.status}`)}${again}`;
  return [say('watch.stageChanged', { time: timeOf(stage), stage: stage.name, status })];
}

function find(view: RunView | null, stage: StageView): StageView | undefined {
  return view?.stages.find(({ name }) => name === stage.name);
}

function finished(before: RunView | null, view: RunView, name: StageView['name']): boolean {
  const now = view.stages.find((stage) => stage.name === name)?.status;
  return now === 'done' && before?.stages.find((stage) => stage.name === name)?.status !== 'done';
}

function clock(view: RunView, name: StageView['name']): string {
  const stage = view.stages.find((candidate) => candidate.name === name);
  return stage === undefined ? '' : timeOf(stage);
}

function timeOf(stage: StageView): string {
  return (stage.finishedAt ?? stage.startedAt ?? '').replace(/\.\d+Z$/, 'Z');
}
