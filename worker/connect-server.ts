import { setTimeout as delay } from 'node:timers/promises';
import { NativeConnection } from '@temporalio/worker';
import { TrainyardError } from '../domain/errors.ts';

const PATIENCE_MS = 20_000;

/**
 * Connects to a server that was started just now. Its port answers before its namespace does, above all after a
 * kill, so the first refusals are no failure.
 */
export async function connectServer(address: string, namespace: string): Promise<NativeConnection> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const tried = await attempt(address, namespace);
    if (tried.connection !== null) return tried.connection;
    if (Date.now() >= until) throw unreachable(address, tried.error);
    await delay(200);
  }
}

type Tried =
  | { readonly connection: NativeConnection; readonly error: null }
  | { readonly connection: null; readonly error: unknown };

async function attempt(address: string, namespace: string): Promise<Tried> {
  let connection: NativeConnection;
  try {
    connection = await NativeConnection.connect({ address });
  } catch (error) {
    return { connection: null, error };
  }
  try {
    await connection.workflowService.describeNamespace({ namespace });
    return { connection, error: null };
  } catch (error) {
    await connection.close();
    return { connection: null, error };
  }
}

function unreachable(address: string, cause: unknown): TrainyardError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new TrainyardError(
    'TY_TEMPORAL_UNREACHABLE',
    'the Temporal server does not answer',
    { where: address, why },
    cause,
  );
}
