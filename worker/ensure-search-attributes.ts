import type { NativeConnection } from '@temporalio/worker';
import { setTimeout as delay } from 'node:timers/promises';
import { SEARCH_ATTRIBUTES } from '../domain/messages.ts';

/** `INDEXED_VALUE_TYPE_KEYWORD` of Temporal's API. */
const KEYWORD = 2;

/** Registers the search attributes that the namespace lacks; without them no run could start. */
export async function ensureSearchAttributes(connection: NativeConnection, namespace: string): Promise<void> {
  const wanted = Object.values(SEARCH_ATTRIBUTES);
  const names = await missing(connection, namespace, wanted);
  if (names.length === 0) return;
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(names.map((name) => [name, KEYWORD])),
  });
  for (let tries = 0; tries < 50; tries += 1) {
    if ((await missing(connection, namespace, wanted)).length === 0) return;
    await delay(200);
  }
}

async function missing(
  connection: NativeConnection,
  namespace: string,
  wanted: readonly string[],
): Promise<readonly string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return wanted.filter((name) => !Object.hasOwn(customAttributes, name));
}
