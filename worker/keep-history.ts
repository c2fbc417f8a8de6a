import { msToTs } from '@temporalio/common/lib/time.js';
import type { NativeConnection } from '@temporalio/worker';
import type { Logger } from './logger.ts';

/** How long a server of one's own remembers runs that have ended. As it comes, the dev server forgets after a day. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/** Sets how long the namespace keeps what has ended. No run depends on it, so a refusal is only logged. */
export async function keepHistory(connection: NativeConnection, namespace: string, logger: Logger): Promise<void> {
  try {
    await connection.workflowService.updateNamespace({
      namespace,
      config: { workflowExecutionRetentionTtl: msToTs(KEPT_MS) },
    });
  } catch (error) {
    logger.warn({ error }, 'the server keeps ended runs for its own time only');
  }
}
