import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { locateTools, toolPath } from '../../adapters/tools/locate.ts';
import { loadSettings, type Settings } from '../../spec/settings.ts';
import { makeEmptyRepo, makeRepo } from '../../test/support/world-repos.ts';

/** 512 x 512 floats: one MiB of weights. */
const WIDTH = 512;

/** Steps that do nothing but move the file along. */
const SCRIPTS = {
  'train.sh': 'cp model.torchscript "$TRAINYARD_OUTPUT_DIR/"',
  'export.sh':
    'cp "$TRAINYARD_OUTPUT_DIR/model.torchscript" "$TRAINYARD_MODEL_FILE"\ncp example.json "$(dirname "$TRAINYARD_MODEL_FILE")/"',
  'evaluate.sh': 'echo \'{"accuracy": 1}\' > "$TRAINYARD_METRICS_JSON"',
  'example.json': `{"inputs": [{"name": "INPUT__0", "datatype": "FP32", "shape": [-1, ${WIDTH}]}]}\n`,
};

/** Repositories and settings of a bench, in one temporary folder. */
export interface Scene {
  readonly folder: string;
  readonly model: string;
  readonly dataset: string;
  readonly output: string;
  readonly settings: Settings;
  /** PATH with git, git-lfs and, first, the Python that has torch. */
  readonly path: string;
  readonly spec: Readonly<Record<string, unknown>>;
  remove(): void;
}

export function makeScene(): Scene {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-bench-'));
  const { python } = locateTools(process.env);
  if (python === null) throw new Error('no Python with torch: npm run setup');
  const repos = join(folder, 'repos');
  mkdirSync(repos);
  const model = makeRepo(repos, 'model', { ...SCRIPTS, 'model.torchscript': weights(python, folder) });
  const dataset = makeRepo(repos, 'dataset', { 'data.bin': Buffer.alloc(2 ** 16, 7) });
  const output = makeEmptyRepo(repos, 'output');
  const settings = loadSettings({
    env: { TRAINYARD_WORKSPACE: join(folder, 'workspace'), TRAINYARD_GIT_ALLOW: repos },
    file: null,
    dev: null,
  });
  return {
    folder,
    model,
    dataset,
    output,
    settings,
    path: [dirname(python), toolPath(process.env)].join(delimiter),
    spec: {
      name: 'bench',
      model: { repo: model },
      dataset: { repo: dataset },
      output: { repo: output, branch: 'result-{run}' },
      recipe: { kind: 'command', command: ['sh', 'train.sh'] },
      package: { kind: 'torchscript', command: ['sh', 'export.sh'] },
      evaluate: { command: ['sh', 'evaluate.sh'] },
      serve: { kind: 'local' },
    },
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

function weights(python: string, folder: string): Buffer {
  const path = join(folder, 'weights.torchscript');
  const code = `import sys,torch; torch.jit.script(torch.nn.Linear(${WIDTH}, ${WIDTH}, bias=False)).save(sys.argv[1])`;
  execFileSync(python, ['-W', 'ignore', '-c', code, path], { stdio: 'ignore' });
  return readFileSync(path);
}
