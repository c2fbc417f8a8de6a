import { msToTs } from '@temporalio/common/lib/time.js';
import type { NativeConnection } from '@temporalio/worker';

/** How long a server of one's own remembers runs that have ended. As it comes, the dev server forgets after a day. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/** Sets how long the namespace keeps what has ended. */
export async function keepHistory(connection: NativeConnection, namespace: string): Promise<void> {
  await connection.workflowService.updateNamespace({
    namespace,
    config: { workflowExecutionRetentionTtl: msToTs(KEPT_MS) },
  });
}
