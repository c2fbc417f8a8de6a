import type { NativeConnection } from '@temporalio/worker';
import { setTimeout as delay } from 'node:timers/promises';
import { TrainyardError } from '../domain/errors.ts';
import { SEARCH_ATTRIBUTES } from '../domain/messages.ts';

/** `INDEXED_VALUE_TYPE_KEYWORD` of Temporal's API. */
const KEYWORD = 2;

const TRIES = 50;

/**
 * Registers the search attributes that the namespace lacks; without them no run could start. Another worker may
 * do the same at this moment, and a server that has just started may refuse: both are tried again, for ten seconds.
 */
export async function ensureSearchAttributes(connection: NativeConnection, namespace: string): Promise<void> {
  const wanted = Object.values(SEARCH_ATTRIBUTES);
  let refusal: unknown = null;
  for (let tries = 0; tries < TRIES; tries += 1) {
    try {
      const names = await missing(connection, namespace, wanted);
      if (names.length === 0) return;
      // The list follows the registration with some delay: asked for anew now and then, looked for all the time.
      if (tries % 10 === 0) await register(connection, namespace, names);
    } catch (error) {
      refusal = error;
    }
    await delay(200);
  }
  throw new TrainyardError(
    'TY_TEMPORAL_UNREACHABLE',
    "the namespace does not take Trainyard's search attributes",
    {
      where: `namespace ${namespace}`,
      why: refusal instanceof Error ? refusal.message : 'they do not appear in its list',
      fix: `temporal operator search-attribute create --namespace ${namespace} --type Keyword --name ${wanted.join(' --name ')}`,
    },
    refusal,
  );
}

async function register(connection: NativeConnection, namespace: string, names: readonly string[]): Promise<void> {
  const searchAttributes = Object.fromEntries(names.map((name) => [name, KEYWORD]));
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
}

async function missing(
  connection: NativeConnection,
  namespace: string,
  wanted: readonly string[],
): Promise<readonly string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return wanted.filter((name) => !Object.hasOwn(customAttributes, name));
}
