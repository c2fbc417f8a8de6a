import { TrainyardError } from '../domain/errors.ts';
import { STAGES, type Stage } from '../domain/stage.ts';
import { earliestStage, readerOf } from './field-stages.ts';

/** A change of a run's spec, and the first stage that it may still reach. */
export interface Change {
  readonly runId: string;
  /** Dotted paths. */
  readonly paths: readonly string[];
  readonly from: Stage;
  /** As they were written: for the command that would work. */
  readonly set: readonly string[];
}

/**
 * Refuses a change that stages before `from` have read, and says which stage it must start from.
 * @throws TrainyardError `TY_RUN_FIELD_READ`
 */
export function checkReaders({ runId, paths, from, set }: Change): void {
  const first = STAGES.indexOf(from);
  const early = paths.filter((path) => indexOfReader(path) < first);
  const start = earliestStage(early);
  const [path] = early;
  if (start === null || path === undefined) return;
  throw refusal({ runId, set, start, path, all: early });
}

/**
 * Refuses to change gates of a run that is under way: whoever waits at one must not be able to take it away.
 * @throws TrainyardError `TY_RUN_FIELD_READ`
 */
export function checkGates({ runId, paths, set }: Omit<Change, 'from'>): void {
  const gates = paths.filter((path) => path === 'gates' || path.startsWith('gates.'));
  const [path] = gates;
  if (path === undefined) return;
  throw new TrainyardError('TY_RUN_FIELD_READ', `${path} cannot be changed while the run is under way`, {
    where: gates.join(', '),
    why: 'the gates of a run stay as they were when it was resolved',
    fix: commandFor(runId, earliestStage(paths) ?? 'train', set),
  });
}

/** What approvers are shown, so that another value is another question; and what says nothing of what is done. */
const ASKED_ANEW = [/^(recipe|roles)\b/, /\.credentials$/];

/**
 * Refuses to change, behind a gate that let the run pass, what the stage does that was let pass.
 * @param stage the stage that the run waits in, if a gate stands before it
 * @throws TrainyardError `TY_RUN_FIELD_READ`
 */
export function checkPassed({ runId, paths, set }: Omit<Change, 'from'>, stage: Stage): void {
  const decided = paths.filter((path) => readerOf(path) === stage && !ASKED_ANEW.some((asked) => asked.test(path)));
  const [path] = decided;
  if (path === undefined) return;
  throw new TrainyardError('TY_RUN_FIELD_READ', `${path} cannot be changed behind the gate before ${stage}`, {
    where: decided.join(', '),
    why: 'whoever let the run pass let it pass as it was',
    fix: commandFor(runId, earliestStage(paths) ?? stage, set),
  });
}

interface Refusal {
  readonly runId: string;
  readonly set: readonly string[];
  readonly start: Stage;
  readonly path: string;
  readonly all: readonly string[];
}

function refusal({ runId, set, start, path, all }: Refusal): TrainyardError {
  const reader = readerOf(path) ?? 'resolve';
  const message =
    start === 'resolve' ? `${path} belongs to a new run` : `${path} is read by stage ${reader}, which is done`;
  return new TrainyardError('TY_RUN_FIELD_READ', message, {
    where: all.join(', '),
    why:
      start === 'resolve'
        ? 'it is part of what a run is, or says where all its files lie'
        : `a run with this change must start from stage ${start}`,
    fix: commandFor(runId, start, set),
  });
}

/** The command that makes the same change possible. */
export function commandFor(runId: string, start: Stage, set: readonly string[]): string {
  const command = start === 'resolve' ? `run resubmit ${runId}` : `run rerun ${runId} --from ${start}`;
  return ['trainyard', command, ...set.map((one) => `--set ${quoted(one)}`)].join(' ');
}

function quoted(word: string): string {
  return /^[-\w.,:/@%+=]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function indexOfReader(path: string): number {
  const reader = readerOf(path) ?? 'resolve';
  return reader === 'any' ? STAGES.length : STAGES.indexOf(reader);
}
