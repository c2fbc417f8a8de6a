import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { extname, join } from 'node:path';
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
  /** Where Node keeps the supervisor's compiled form. */
  readonly cacheDir: string;
}

/** Beside this file, in the same form: TypeScript in a checkout, JavaScript in the package. */
const MAIN = fileURLToPath(new URL(`./supervisor/main${extname(import.meta.url)}`, import.meta.url));

/**
 * Starts a supervisor in a session of its own and waits until the job is in a supervisor's hands: this one's, or
 * another's that was faster. Throws `TY_JOB_LOST` if it could not start.
 */
export async function startSupervisor(jobDir: string, settings: SupervisorSettings): Promise<void> {
  const log = openSync(join(jobDir, JOB_FILES.supervisorLog), 'a', 0o640);
  const child = spawn(settings.node, ['--disable-warning=ExperimentalWarning', MAIN, jobDir, settings.cacheDir], {
    cwd: '/',
    env: siteEnvironment(process.env, settings.path),
    stdio: ['ignore', log, log, 'pipe'],
    detached: true,
  });
  closeSync(log);
  child.unref();
  crashPoint('job.after-spawn');
  const pipe = child.stdio[3];
  const answered = await new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false));
    pipe?.once('data', () => resolve(true));
    pipe?.once('close', () => resolve(false));
    pipe?.once('error', () => resolve(false));
  });
  pipe?.destroy();
  if (answered) return;
  const why = lastLines(join(jobDir, JOB_FILES.supervisorLog), 5).join(' | ');
  throw new TrainyardError('TY_JOB_LOST', 'the supervisor of the job could not start', { where: jobDir, why });
}
