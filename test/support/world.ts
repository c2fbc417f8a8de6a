import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { connect, type Trainyard } from '../../client/index.ts';
import type { RunRecord } from '../../domain/record.ts';
import { unlock } from './git-server/world.ts';
import { markedProcesses } from './marked-processes.ts';
import { makeEmptyRepo, makeRepo, makeTorchScript } from './world-repos.ts';

const MAIN = fileURLToPath(new URL('../../client/cli/main.ts', import.meta.url));

/** Scripts of the model repository. `SECONDS` in the dataset says how long training takes. */
const SCRIPTS = {
  'train.sh': [
    'echo "$$" >> "$TRAINYARD_OUTPUT_DIR/starts"',
    'echo training rank "$RANK"',
    'sleep "$(cat "$TRAINYARD_DATASET_DIR/seconds")"',
    'cp model.torchscript "$TRAINYARD_OUTPUT_DIR/"',
  ].join('\n'),
  'export.sh': [
    'cp "$TRAINYARD_OUTPUT_DIR/model.torchscript" "$TRAINYARD_MODEL_FILE"',
    'cp example.json "$(dirname "$TRAINYARD_MODEL_FILE")/"',
  ].join('\n'),
  'evaluate.sh': 'echo \'{"accuracy": 0.5}\' > "$TRAINYARD_METRICS_JSON"',
  'example.json': '{"inputs": [{"name": "INPUT__0", "datatype": "FP32", "shape": [-1, 4]}]}\n',
};

export interface WorldOptions {
  readonly address: string;
  readonly taskQueue: string;
  /** Seconds that training sleeps. */
  readonly trainSeconds?: number;
}

export interface WorkerProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Every line it wrote. */
  readonly lines: readonly string[];
}

/** Repositories, a workspace and workers as separate processes, in one temporary folder. */
export interface World {
  readonly folder: string;
  readonly workspace: string;
  readonly model: string;
  readonly dataset: string;
  readonly output: string;
  readonly env: NodeJS.ProcessEnv;
  sdk(): Promise<Trainyard>;
  startWorker(env?: Readonly<Record<string, string>>): Promise<WorkerProcess>;
  /** A spec of the `command` recipe over the three repositories. */
  spec(changes?: Readonly<Record<string, unknown>>): Record<string, unknown>;
  record(runId: string): RunRecord;
  /** Processes of this world's jobs and services that run. */
  processes(): readonly { readonly pid: number; readonly command: string }[];
  close(): Promise<void>;
}

let torchscript: Buffer | null = null;

function tinyModel(folder: string): Buffer {
  if (torchscript === null) {
    const path = join(folder, 'tiny.torchscript');
    makeTorchScript(path);
    torchscript = readFileSync(path);
  }
  return torchscript;
}

export function makeWorld(options: WorldOptions): World {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-world-'));
  const repos = join(folder, 'repos');
  mkdirSync(repos);
  const model = makeRepo(repos, 'model', { ...SCRIPTS, 'model.torchscript': tinyModel(folder) });
  const dataset = makeRepo(repos, 'dataset', {
    seconds: `${options.trainSeconds ?? 1}\n`,
    'data.bin': Buffer.alloc(1 << 16, 7),
  });
  const output = makeEmptyRepo(repos, 'output');
  const workspace = join(folder, 'workspace');
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    // Home is a folder of the world; what setup cached stays where it is.
    XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] ?? join(process.env['HOME'] ?? '', '.cache'),
    HOME: folder,
    TEMPORAL_ADDRESS: options.address,
    TRAINYARD_WORKSPACE: workspace,
    TRAINYARD_TASK_QUEUE: options.taskQueue,
    TRAINYARD_GIT_ALLOW: repos,
    TRAINYARD_MIN_FREE: '1Mi',
  };
  const workers: WorkerProcess[] = [];
  const clients: Trainyard[] = [];
  return {
    folder,
    workspace,
    model,
    dataset,
    output,
    env,
    sdk: async () => {
      const { address, taskQueue } = options;
      const readRecord = async (runId: string) => recordOf(workspace, runId);
      const sdk = await connect({ address, taskQueue, namespace: 'default', directory: folder, readRecord });
      clients.push(sdk);
      return sdk;
    },
    startWorker: async (extra = {}) => {
      const worker = await startWorker({ ...env, ...extra }, folder);
      workers.push(worker);
      return worker;
    },
    spec: (changes = {}) => ({
      name: 'world',
      model: { repo: model },
      dataset: { repo: dataset },
      output: { repo: output, branch: 'result-{run}' },
      recipe: { kind: 'command', command: ['sh', 'train.sh'] },
      package: { kind: 'torchscript', command: ['sh', 'export.sh'] },
      evaluate: { command: ['sh', 'evaluate.sh'] },
      serve: { kind: 'local' },
      limits: { grace: '1s' },
      ...changes,
    }),
    record: (runId) => {
      const record = recordOf(workspace, runId);
      if (record === null) throw new Error(`no record of ${runId}`);
      return record;
    },
    processes: () => markedProcesses(workspace),
    close: async () => {
      for (const sdk of clients) await sdk.close();
      for (const worker of workers) {
        worker.child.kill('SIGKILL');
        await worker.ended;
      }
      for (const { pid } of markedProcesses(workspace)) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It ended between the look and the signal.
        }
      }
      // Checkouts are read-only, and only root removes from such folders.
      unlock(folder);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function startWorker(env: NodeJS.ProcessEnv, cwd: string): Promise<WorkerProcess> {
  const child = spawn(process.execPath, [MAIN, 'worker'], { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
  const lines: string[] = [];
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }) as Awaited<WorkerProcess['ended']>);
  const up = new Promise<void>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      if (line.includes('worker is up')) resolve();
    });
  });
  await Promise.race([up, ended]);
  return { child, ended, lines };
}

function recordOf(workspace: string, runId: string): RunRecord | null {
  const path = join(workspace, 'runs', runId, 'run.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as RunRecord) : null;
}
