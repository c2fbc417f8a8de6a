import { spawn } from 'node:child_process';
import { noteChild } from './lock.mjs';

const running = new Set();
const TAIL = 16_000;

/**
 * Runs a program to its end and returns what it wrote. Never throws: a program that cannot be started or takes
 * too long is a result with `ok: false`.
 * @param {{cwd?: string, env?: object, timeout?: number, onLine?: (line: string) => void}} [options] timeout in ms
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    // In this process group, so that whatever ends the group ends compilers and installers too.
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    noteChild(child.pid);
    let output = '';
    let stdout = '';
    const collect = (chunk, keep) => {
      const text = chunk.toString();
      if (keep) stdout += text;
      output = (output + text).slice(-TAIL);
      for (const line of text.split(/[\r\n]+/)) if (line.trim() !== '') options.onLine?.(line);
    };
    child.stdout.on('data', (chunk) => collect(chunk, true));
    child.stderr.on('data', (chunk) => collect(chunk, false));
    const timer = options.timeout && setTimeout(() => child.kill('SIGKILL'), options.timeout);
    const finish = (ok, why) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ ok, stdout: stdout.trim(), output: output.trim(), why });
    };
    child.on('error', (error) => finish(false, error.message));
    child.on('close', (code, signal) =>
      finish(code === 0, code === 0 ? '' : (lastLine(output) ?? `ended with ${signal ?? code}`)),
    );
  });
}

function lastLine(text) {
  return text
    .trim()
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .at(-1);
}

/** Ends what setup started; called when setup itself is interrupted. */
export function killRunning() {
  for (const child of running) child.kill('SIGTERM');
}
