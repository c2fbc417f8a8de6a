import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** Runs a program and gathers what it says. Never throws: a program that cannot start is a result with code 127. */
export function run(program, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let output = '';
    const gather = (chunk) => {
      output += chunk;
    };
    child.stdout.on('data', gather);
    child.stderr.on('data', gather);
    child.on('error', (error) => resolve({ code: 127, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** Runs a tool of the project's own `node_modules` under this Node. */
export function tool(root, name, args, options = {}) {
  return run(process.execPath, [join(root, 'node_modules/.bin', name), ...args], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    ...options,
  });
}
