import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import writeFileAtomic from 'write-file-atomic';
import { portOrFree } from '../adapters/temporal/dev-server.ts';
import type { DevState } from '../spec/dev-state.ts';
import type { Settings } from '../spec/settings.ts';
import { startSession } from './session.ts';

export interface DevRequest {
  readonly directory: string;
  readonly port: number | null;
  readonly settings: Settings;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** Temporal with its state in a file, a worker, and the local services, until the signal. */
export async function runDev(request: DevRequest): Promise<void> {
  const home = join(request.directory, '.trainyard');
  const file = join(home, 'dev.json');
  await mkdir(home, { recursive: true });
  const { settings, env, say } = request;
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
    say(`Temporal   ${session.address}${session.ui === null ? '' : `, UI ${session.ui}`}`);
    say(`workspace  ${settings.workspace}`);
    say(`log        ${join(home, 'dev', 'worker.log')}`);
    for (const service of await session.ports.serving.list()) {
      say(`service    ${service.service} ${service.url} (${service.version})`);
    }
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
