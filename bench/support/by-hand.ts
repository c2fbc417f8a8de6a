import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../adapters/local/free-port.ts';
import { LFS_PATTERNS } from '../../activities/make-plan.ts';
import type { Scene } from './scene.ts';

/** What one pass cost, seconds. */
export interface HandPass {
  readonly wall: number;
  /** Training, export, layout and evaluation. */
  readonly steps: number;
  /** From the server's spawn to its first ready. */
  readonly server: number;
  /** What is left: git, git-lfs and one request. */
  readonly around: number;
}

const ASSETS = new URL('../../assets/serving/', import.meta.url).pathname;

/**
 * The six stages as one would type them: clones with LFS, the same processes, one commit pushed to a new branch, the
 * same inference server and one request. Nothing is recorded, checked, retried or adopted; the clones are new each time.
 */
export async function runByHand(scene: Scene, name: string): Promise<HandPass> {
  const folder = join(scene.folder, 'by-hand', name);
  await mkdir(folder, { recursive: true });
  const env = {
    PATH: scene.path,
    HOME: folder,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_COUNT: '4',
    GIT_CONFIG_KEY_0: 'filter.lfs.process',
    GIT_CONFIG_VALUE_0: 'git-lfs filter-process',
    GIT_CONFIG_KEY_1: 'filter.lfs.required',
    GIT_CONFIG_VALUE_1: 'true',
    GIT_CONFIG_KEY_2: 'user.name',
    GIT_CONFIG_VALUE_2: 'Bench',
    GIT_CONFIG_KEY_3: 'user.email',
    GIT_CONFIG_VALUE_3: 'bench@localhost',
    PYTHONUNBUFFERED: '1',
    TRAINYARD_CODE_DIR: join(folder, 'model'),
    TRAINYARD_OUTPUT_DIR: join(folder, 'output'),
    TRAINYARD_PACKAGE_DIR: join(folder, 'package'),
    TRAINYARD_MODEL_FILE: join(folder, 'package', 'bench', '1', 'model.torchscript'),
    TRAINYARD_METRICS_JSON: join(folder, 'package', 'metrics.json'),
  };
  const run = (cwd: string, ...argv: readonly string[]): Promise<number> => timed(argv, cwd, env);
  let server: ChildProcess | null = null;
  try {
    const start = performance.now();
    await Promise.all([
      run(folder, 'git', 'clone', '--quiet', scene.model, 'model'),
      run(folder, 'git', 'clone', '--quiet', scene.dataset, 'dataset'),
    ]);
    await mkdir(env.TRAINYARD_OUTPUT_DIR);
    await mkdir(join(folder, 'package', 'bench', '1'), { recursive: true });
    let steps = 0;
    const code = env.TRAINYARD_CODE_DIR;
    for (const argv of [
      ['sh', 'train.sh'],
      ['sh', 'export.sh'],
      ['python3', join(ASSETS, 'torchscript_layout.py')],
      ['sh', 'evaluate.sh'],
    ]) {
      steps += await run(code, ...argv);
    }
    await commitAndPush(scene, env.TRAINYARD_PACKAGE_DIR, name, run);
    const port = await freePort();
    const spawned = performance.now();
    const argv = ['--model-dir', env.TRAINYARD_PACKAGE_DIR, '--name', 'bench', '--port', String(port)];
    server = spawn('python3', [join(ASSETS, 'local_server.py'), ...argv], { cwd: folder, env, stdio: 'ignore' });
    const serverSeconds = await untilReady(server, port, spawned);
    await ask(port);
    const wall = (performance.now() - start) / 1000;
    return { wall, steps, server: serverSeconds, around: wall - steps - serverSeconds };
  } finally {
    if (server !== null && server.exitCode === null) {
      server.kill('SIGKILL');
      await once(server, 'exit');
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function commitAndPush(
  scene: Scene,
  tree: string,
  branch: string,
  run: (cwd: string, ...argv: readonly string[]) => Promise<number>,
): Promise<void> {
  const attributes = LFS_PATTERNS.map((pattern) => `${pattern} filter=lfs diff=lfs merge=lfs -text\n`).join('');
  await writeFile(join(tree, '.gitattributes'), attributes);
  await run(tree, 'git', 'init', '--quiet', '--initial-branch', branch);
  await run(tree, 'git', 'lfs', 'install', '--local');
  await run(tree, 'git', 'add', '--all');
  await run(tree, 'git', 'commit', '--quiet', '--message', 'by hand');
  await run(tree, 'git', 'remote', 'add', 'origin', scene.output);
  await run(tree, 'git', 'push', '--quiet', 'origin', branch);
}

/** Runs one program; answers the seconds it took. Throws what it wrote when it fails. */
export async function timed(argv: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<number> {
  const [program = '', ...args] = argv;
  const start = performance.now();
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return (performance.now() - start) / 1000;
  throw new Error(`${argv.slice(0, 2).join(' ')} ended with ${code}: ${text.slice(-500)}`);
}

async function untilReady(server: ChildProcess, port: number, spawned: number): Promise<number> {
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/v2/models/bench/ready`).catch(() => null);
    await response?.body?.cancel();
    if (response?.ok === true) return (performance.now() - spawned) / 1000;
    if (server.exitCode !== null) throw new Error(`the inference server ended with ${server.exitCode}`);
    await delay(25);
  }
}

async function ask(port: number): Promise<void> {
  const data = Array<number>(512).fill(0);
  const response = await fetch(`http://127.0.0.1:${port}/v2/models/bench/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ inputs: [{ name: 'INPUT__0', datatype: 'FP32', shape: [1, 512], data }] }),
  });
  if (!response.ok) throw new Error(`the inference server answered ${response.status}`);
  await response.arrayBuffer();
}
