import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Socket } from 'node:net';
import { extname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { TrainyardError } from '../../domain/errors.ts';
import { crashPoint } from '../../ports/crash-point.ts';
import { siteEnvironment } from './environment.ts';
import { JOB_FILES } from './job-files.ts';
import { lastLines } from './log-tail.ts';

export interface SupervisorSettings {
  /** Node that runs the supervisor. */
  readonly node: string;
  /** PATH of the job's processes. */
  readonly path: string;
  /** Where Node keeps the supervisor's compiled form; without it each start takes twice as long. */
  readonly cacheDir: string;
}

export interface SupervisorStarter {
  /**
   * Resolves when the job is in a supervisor's hands: the one started here, or another that was faster. Throws
   * `TY_JOB_LOST` if it could not start.
   */
  start(jobDir: string): Promise<void>;
  /** From now on keeps one supervisor loaded and without a job, so that the next start takes milliseconds. */
  keepSpare(): void;
  /** Lets the spare go. It also goes by itself when this process ends. */
  dropSpare(): void;
}

/** Beside this file, in the same form: TypeScript in a checkout, JavaScript in the package. */
const MAIN = fileURLToPath(new URL(`./supervisor/main${extname(import.meta.url)}`, import.meta.url));

/** Far above what a start takes on a machine under load. */
const ANSWER_TIMEOUT_MS = 30_000;

export function createSupervisorStarter(settings: SupervisorSettings): SupervisorStarter {
  let spare: Socket | null = null;
  let keeping = false;

  function refill(): void {
    if (!keeping || spare !== null) return;
    const pipe = spawnSupervisor(settings, '--standby', 'ignore');
    if (pipe === null) return;
    spare = pipe;
    pipe.unref();
    pipe.once('close', () => {
      if (spare === pipe) spare = null;
    });
  }

  return {
    async start(jobDir) {
      const ready = spare;
      spare = null;
      const handedOver = ready !== null && (await handOver(ready, jobDir));
      if (!handedOver) await startFresh(settings, jobDir);
      setImmediate(refill);
    },
    keepSpare() {
      keeping = true;
      refill();
    },
    dropSpare() {
      keeping = false;
      spare?.destroy();
      spare = null;
    },
  };
}

/** False if the spare had ended; whether it took the job all the same, the next supervisor sees from the claim. */
async function handOver(pipe: Socket, jobDir: string): Promise<boolean> {
  pipe.ref();
  pipe.write(`${jobDir}\n`);
  crashPoint('job.after-spawn');
  return answers(pipe);
}

async function startFresh(settings: SupervisorSettings, jobDir: string): Promise<void> {
  const log = openSync(join(jobDir, JOB_FILES.supervisorLog), 'a', 0o640);
  const pipe = spawnSupervisor(settings, jobDir, log);
  closeSync(log);
  crashPoint('job.after-spawn');
  if (pipe !== null && (await answers(pipe))) return;
  const why = lastLines(join(jobDir, JOB_FILES.supervisorLog), 5).join(' | ');
  throw new TrainyardError('TY_JOB_LOST', 'the supervisor of the job could not start', { where: jobDir, why });
}

/** Starts a supervisor in a session of its own; `null` if there is not even a process. */
function spawnSupervisor(settings: SupervisorSettings, argument: string, output: number | 'ignore'): Socket | null {
  const child = spawn(settings.node, ['--disable-warning=ExperimentalWarning', MAIN, argument], {
    cwd: '/',
    env: { ...siteEnvironment(process.env, settings.path), NODE_COMPILE_CACHE: settings.cacheDir },
    stdio: ['ignore', output, output, 'pipe'],
    detached: true,
  });
  child.once('error', () => {});
  child.unref();
  const pipe = child.stdio[3];
  if (!isSocket(pipe)) return null;
  pipe.on('error', () => {});
  return pipe;
}

/** Whether the supervisor says that the job is taken, before its pipe closes. */
async function answers(pipe: Socket): Promise<boolean> {
  const answered = await new Promise<boolean>((resolve) => {
    pipe.once('data', () => resolve(true));
    pipe.once('close', () => resolve(false));
    setTimeout(resolve, ANSWER_TIMEOUT_MS, false).unref();
  });
  pipe.destroy();
  return answered;
}

function isSocket(pipe: Readable | Writable | null | undefined): pipe is Socket {
  return pipe !== null && pipe !== undefined && 'unref' in pipe;
}
