import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import writeFileAtomic from 'write-file-atomic';
import { identify, type ProcessIdentity } from '../adapters/local/process.ts';
import { toolPath } from '../adapters/tools/locate.ts';
import { TrainyardError } from '../domain/errors.ts';
import type { RunFiles } from '../ports/run-files.ts';
import type { Workspace } from '../ports/workspace.ts';
import { folderFiles } from './run-files.ts';
import type { Settings } from '../spec/settings.ts';
import { gitRunner, makeDemoRepos, type UnseenDigit } from './demo-repos.ts';
import { startSession } from './session.ts';

export interface DemoRequest {
  readonly directory: string;
  /** The folder `examples/digits`. */
  readonly example: string;
  readonly settings: Settings;
  readonly env: NodeJS.ProcessEnv;
}

/** Everything the demo needs, running. */
export interface DemoSession {
  readonly state: string;
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly workspace: Workspace;
  readonly runFiles: RunFiles;
  /** Addresses of the three repositories, and digits that are in none of them. */
  readonly repos: {
    readonly model: string;
    readonly dataset: string;
    readonly output: string;
    readonly reused: boolean;
    readonly unseen: readonly UnseenDigit[];
  };
  /** Ends everything that was started. */
  stop(): Promise<void>;
}

/** Repositories, Temporal, worker: new ones, or those an earlier demo left. Only one at a time in a folder. */
export async function startDemo(request: DemoRequest): Promise<DemoSession> {
  const state = join(request.directory, '.trainyard', 'demo');
  await mkdir(state, { recursive: true });
  const lock = join(state, 'demo.json');
  await takeLock(lock);
  try {
    const repos = await makeDemoRepos({
      directory: join(state, 'repos'),
      example: request.example,
      run: gitRunner(toolPath(request.env)),
    });
    const settings: Settings = {
      ...request.settings,
      workspace: join(state, 'workspace'),
      git: { ...request.settings.git, allow: [join(state, 'repos')] },
    };
    const { env } = request;
    const session = await startSession({ state, settings, env, port: null, ui: false });
    return {
      state,
      address: session.address,
      namespace: session.namespace,
      taskQueue: settings.taskQueue,
      workspace: session.ports.workspace,
      runFiles: folderFiles(session.ports.workspace),
      repos,
      stop: async () => {
        await session.stop({ services: true });
        await rm(lock, { force: true });
      },
    };
  } catch (error) {
    await rm(lock, { force: true });
    throw error;
  }
}

/** The lock names a process by pid and start, so that one of a killed demo never counts. */
async function takeLock(file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => null);
  const holder = text === null ? null : (JSON.parse(text) as ProcessIdentity);
  const now = holder === null ? null : identify(holder.pid);
  if (holder !== null && now?.started === holder.started && holder.pid !== process.pid) {
    throw new TrainyardError('TY_CLI_USAGE', 'the demo runs here already', {
      where: file,
      why: `process ${holder.pid}`,
      fix: `kill ${holder.pid}`,
    });
  }
  await writeFileAtomic(file, JSON.stringify(identify(process.pid)));
}
