import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import writeFileAtomic from 'write-file-atomic';
import { portOrFree } from '../adapters/temporal/dev-server.ts';
import type { DevState } from '../spec/dev-state.ts';
import type { Settings } from '../spec/settings.ts';
import { startSession } from './session.ts';

/** What runs, once it does. */
export interface DevFacts {
  readonly address: string;
  /** Temporal's page. */
  readonly ui: string | null;
  /** Absolute paths. */
  readonly workspace: string;
  readonly log: string;
  readonly services: readonly { readonly service: string; readonly url: string; readonly version: string }[];
}

export interface DevRequest {
  readonly directory: string;
  readonly port: number | null;
  readonly settings: Settings;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly onUp: (facts: DevFacts) => void;
}

/** Temporal with its state in a file, a worker, and the local services, until the signal. */
export async function runDev(request: DevRequest): Promise<void> {
  const home = join(request.directory, '.trainyard');
  const file = join(home, 'dev.json');
  await mkdir(home, { recursive: true });
  const { settings, env } = request;
  const session = await startSession({
    state: join(home, 'dev'),
    settings,
    env,
    // Where every Temporal client looks by itself, if nobody else is there.
    port: request.port ?? (await portOrFree(7233)),
    ui: true,
  });
  try {
    const state: DevState = {
      pid: process.pid,
      address: session.address,
      namespace: session.namespace,
      taskQueue: settings.taskQueue,
      workspace: settings.workspace,
      ui: session.ui,
    };
    await writeFileAtomic(file, `${JSON.stringify(state, null, 2)}\n`);
    request.onUp({
      address: session.address,
      ui: session.ui,
      workspace: settings.workspace,
      log: join(home, 'dev', 'worker.log'),
      services: await session.ports.serving.list(),
    });
    await Promise.race([session.ended, aborted(request.signal)]);
  } finally {
    await rm(file, { force: true });
    await session.stop({ services: true });
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
