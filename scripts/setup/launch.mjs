import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const ONE_SIGNAL = new URL('one-signal.mjs', import.meta.url).href;

/**
 * Runs a program on the given Node in the foreground, passes signals on to it, and resolves with its exit code. It
 * stays in this process group, so that whatever ends the group ends it too.
 */
export function launch(node, args, env) {
  return new Promise((resolve) => {
    // Before the program starts: it may be up, and somebody may want it ended, before spawn has returned.
    const pass = (signal) => child.kill(signal);
    for (const signal of FORWARDED) process.on(signal, pass);
    const child = spawn(node, ['--import', ONE_SIGNAL, ...args], { stdio: 'inherit', env });
    const finish = (code) => {
      for (const signal of FORWARDED) process.off(signal, pass);
      resolve(code);
    };
    child.on('error', (error) => {
      process.stderr.write(`${node}: ${error.message}\n`);
      finish(1);
    });
    child.on('exit', (code, signal) => finish(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}
