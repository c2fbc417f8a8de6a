import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DevServer, startDevServer } from '../../adapters/temporal/dev-server.ts';
import { locateTools } from '../../adapters/tools/locate.ts';

import { createLogger, installRuntime } from '../../worker/logger.ts';
import { ensureSearchAttributes } from '../../worker/ensure-search-attributes.ts';

export interface TemporalEnv {
  readonly address: string;
  readonly client: Client;
  readonly native: NativeConnection;
  readonly directory: string;
  /** The `temporal` program. */
  readonly program: string;
  readonly server: DevServer;
  stop(): Promise<void>;
}

/** A real dev server on a free port with its state in a temporary folder. */
export async function startTemporal(): Promise<TemporalEnv> {
  const directory = await mkdtemp(join(tmpdir(), 'trainyard-temporal-'));
  const { temporal } = locateTools(process.env);
  if (temporal === null) throw new Error('no Temporal server program: npm run setup');
  const server = await startDevServer({
    program: temporal,
    database: join(directory, 'temporal.db'),
    log: join(directory, 'temporal.log'),
    port: null,
    uiPort: null,
    ui: false,
  });
  quietRuntime();
  const connection = await Connection.connect({ address: server.address });
  const native = await NativeConnection.connect({ address: server.address });
  await ensureSearchAttributes(native, 'default');
  return {
    address: server.address,
    client: new Client({ connection }),
    native,
    program: temporal,
    directory,
    server,
    stop: async () => {
      await connection.close();
      await native.close();
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

let quiet = false;

/** The SDK takes one runtime a process; its chatter would drown the tests' own lines. */
function quietRuntime(): void {
  if (!quiet) installRuntime(createLogger({ level: 'error', file: null }));
  quiet = true;
}

/** Where bundles and tools are cached. */
export function testCache(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'trainyard');
}
