import { errorEntry, TrainyardError } from '../../domain/errors.ts';
import type { RunStatus } from '../../domain/run-state.ts';

/** How the command ended, for scripts. */
export const EXIT = {
  ok: 0,
  error: 1,
  usage: 2,
  declined: 3,
  access: 4,
  runFailed: 5,
  timedOut: 7,
  waiting: 8,
  unreachable: 9,
  interrupted: 130,
} as const;

/** Exit code of a command that waited for a run. */
export function exitOfRun(status: RunStatus): number {
  switch (status) {
    case 'succeeded':
      return EXIT.ok;
    case 'failed':
      return EXIT.runFailed;
    case 'cancelled':
      return EXIT.declined;
    case 'waiting':
    case 'parked':
      return EXIT.waiting;
    case 'running':
    case 'suspended':
    case 'cancelling':
      return EXIT.timedOut;
  }
}

export function exitOfError(error: unknown): number {
  return error instanceof TrainyardError ? errorEntry(error.code).exit : EXIT.error;
}
