import { TrainyardError } from '../../../domain/errors.ts';
import type { ServerPlace } from './server-process.ts';
import { logTail } from './server-process.ts';
import type { Served } from './state.ts';

const LINES = 12;

export function portTaken(service: string, port: number): TrainyardError {
  return new TrainyardError('TY_SERVE_PORT_TAKEN', `port ${port} is taken by another program`, {
    where: `serve.port of service ${service}`,
  });
}

/** Why a server did not get ready, in its own last words. */
export async function notReady(
  place: ServerPlace,
  served: Served,
  offset: number,
  ended: boolean,
): Promise<TrainyardError> {
  const lines = await logTail(served.log, offset, LINES);
  if (lines.some((line) => line.includes('address already in use'))) return portTaken(place.service, place.port);
  const what = ended ? 'ended before it was ready' : `was not ready within ${served.readySeconds} s`;
  return new TrainyardError('TY_SERVE_NOT_READY', `the server of ${served.model} ${what}`, {
    where: `service ${place.service}, version ${served.version}, log ${served.log}`,
    why: lines.length > 0 ? lines.join('\n') : 'it wrote nothing',
  });
}

export function badAnswer(place: ServerPlace, served: Served, fault: string): TrainyardError {
  return new TrainyardError('TY_SERVE_BAD_ANSWER', `${served.model} is ready but its first answer is wrong`, {
    where: `service ${place.service}, version ${served.version}, log ${served.log}`,
    why: fault,
  });
}

/** The same error, with what became of the version before. */
export function withOutcome(error: unknown, outcome: string): unknown {
  if (!(error instanceof TrainyardError)) return error;
  const why = [error.details.why, outcome].filter(Boolean).join('\n');
  return new TrainyardError(error.code, error.message, { ...error.details, why }, error);
}
