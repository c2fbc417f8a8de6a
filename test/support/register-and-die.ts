import { setCrashHook } from '../../ports/crash-point.ts';
import { createLocalServing } from '../../adapters/local/serving.ts';
import type { RegisterRequest } from '../../ports/serving.ts';

/** A worker that registers one service and is killed at a named point: `node register-and-die.ts <JSON>`. */
export interface DyingWorker {
  readonly root: string;
  readonly assets: string;
  readonly point: string;
  readonly request: Omit<RegisterRequest, 'signal'>;
}

const { root, assets, point, request } = JSON.parse(process.argv[2] ?? '{}') as DyingWorker;
setCrashHook((name) => {
  if (name === point) process.kill(process.pid, 'SIGKILL');
});
const serving = createLocalServing({ root, path: process.env['PATH'] ?? '', assets });
await serving.register({ ...request, signal: new AbortController().signal });
