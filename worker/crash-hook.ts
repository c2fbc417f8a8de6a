import { appendFileSync } from 'node:fs';
import process from 'node:process';
import { setCrashHook } from '../ports/crash-point.ts';

/**
 * Ends this process with SIGKILL at a named point, for the crash tests: `TRAINYARD_TEST_CRASH=push.after` or
 * `push.after:2` for the second hit. `TRAINYARD_TEST_CRASH_LOG` gets a line for each point that is passed.
 */
export function installCrashHook(env: NodeJS.ProcessEnv): void {
  const wanted = env['TRAINYARD_TEST_CRASH'];
  const log = env['TRAINYARD_TEST_CRASH_LOG'];
  if (wanted === undefined && log === undefined) return;
  const [point, count] = (wanted ?? '').split(':');
  let left = Number(count ?? '1');
  setCrashHook((name) => {
    if (log !== undefined) appendFileSync(log, `${name}\n`);
    if (name !== point) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  });
}
