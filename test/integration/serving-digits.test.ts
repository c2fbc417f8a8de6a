import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLocalServing } from '../../adapters/local/serving.ts';
import { locateTools, toolPath } from '../../adapters/tools/locate.ts';
import { askService } from '../../client/v2-infer.ts';
import type { RegisterRequest, Serving } from '../../ports/serving.ts';
import { gitRunner, makeDemoRepos } from '../../worker/demo-repos.ts';
import type { DemoRepos } from '../../worker/demo-repos.ts';

const project = join(import.meta.dirname, '..', '..');
const python = locateTools(process.env).python ?? 'python3';
const path = [dirname(python), toolPath(process.env)].join(delimiter);

/** The digits example from its repositories to an answer, with real torch and the real inference server. */
describe('the digits example', () => {
  let root: string;
  let repos: DemoRepos;
  let serving: Serving;
  let packaged: string;
  let env: Record<string, string>;

  const run = (cwd: string, script: string, ...args: readonly string[]) =>
    promisify(execFile)(python, [script, ...args], { cwd, env });

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'trainyard-digits-'));
    const example = join(project, 'examples', 'digits');
    repos = await makeDemoRepos({ directory: join(root, 'repos'), example, run: gitRunner(path) });
    await cloneWithLfs(repos.dataset, join(root, 'dataset'));
    await cloneWithLfs(repos.model, join(root, 'model'));
    packaged = join(root, 'package');
    await Promise.all([mkdir(join(root, 'output')), mkdir(join(packaged, 'digits', '1'), { recursive: true })]);
    env = {
      PATH: path,
      PYTHONDONTWRITEBYTECODE: '1',
      OMP_NUM_THREADS: '1',
      TRAINYARD_DATASET_DIR: join(root, 'dataset'),
      TRAINYARD_OUTPUT_DIR: join(root, 'output'),
      TRAINYARD_METRICS_FILE: join(root, 'metrics.jsonl'),
      TRAINYARD_MODEL_FILE: join(packaged, 'digits', '1', 'model.torchscript'),
      TRAINYARD_METRICS_JSON: join(root, 'metrics.json'),
    };
    serving = createLocalServing({ root, path, assets: join(project, 'assets') });
  });
  afterAll(async () => {
    await serving.stopAll();
    await rm(root, { recursive: true, force: true });
  });

  const cloneWithLfs = async (url: string, target: string): Promise<void> => {
    const lfs = ['-c', 'filter.lfs.process=git-lfs filter-process', '-c', 'filter.lfs.required=true'];
    await gitRunner(path)([...lfs, 'clone', '--quiet', url, target], { cwd: root });
  };

  const request = (version: string, directory: string): RegisterRequest => ({
    plan: { kind: 'local', service: 'digits', model: 'digits', port: null, readySeconds: 60 },
    version,
    directory,
    log: join(root, `${version}.log`),
    signal: new AbortController().signal,
  });

  it('gives real images to git-lfs out of the bare repository', async () => {
    const image = await readFile(join(root, 'dataset', 'images', 'train', '0000-0.png'));
    expect(image.subarray(1, 4).toString()).toBe('PNG');
  });

  it('reaches 0.93 on held-out digits in eight epochs, measured on the packaged module', async () => {
    await run(join(root, 'model'), 'train.py', '--epochs', '8');
    await run(join(root, 'model'), 'export.py');
    await run(join(root, 'model'), 'evaluate.py');
    const metrics = JSON.parse(await readFile(join(root, 'metrics.json'), 'utf8')) as { accuracy: number };
    expect(metrics.accuracy).toBeGreaterThanOrEqual(0.93);
    const lines = (await readFile(join(root, 'metrics.jsonl'), 'utf8')).trim().split('\n');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ step: 1, epoch: 1, loss: expect.any(Number) as unknown });
  });

  it('describes the module as it is, with the batch left to the server', async () => {
    await run(root, join(project, 'assets', 'serving', 'torchscript_layout.py'));
    const config = await readFile(join(packaged, 'digits', 'config.pbtxt'), 'utf8');
    expect(config).toContain('dims: [ 1, 8, 8 ]');
    expect(config).toContain('dims: [ 10 ]');
    expect(config).toMatch(/max_batch_size: [1-9]/);
  });

  it('answers about a digit that is in no repository', async () => {
    await serving.preflight(request('v1', packaged).plan);
    const { url, startSeconds } = await serving.register(request('v1', packaged));
    const [unseen] = repos.unseen;
    expect(await predict(url, unseen?.pixels ?? [])).toBe(unseen?.label);
    expect(startSeconds).toBeGreaterThan(0);
  });

  it('goes on answering with the version before when the new module cannot be loaded', async () => {
    const broken = join(root, 'broken');
    await cp(packaged, broken, { recursive: true });
    await writeFile(join(broken, 'digits', '1', 'model.torchscript'), 'no module at all');
    const attempt = serving.register(request('v2', broken));
    await expect(attempt).rejects.toMatchObject({
      code: 'TY_SERVE_NOT_READY',
      details: { why: expect.stringContaining('model.torchscript cannot be loaded') as unknown },
    });
    const [status] = await serving.list();
    expect(status).toMatchObject({ version: 'v1', alive: true });
    const [unseen] = repos.unseen;
    expect(await predict(status?.url ?? '', unseen?.pixels ?? [])).toBe(unseen?.label);
  });

  it('says what the service takes when it is asked with something else', async () => {
    const [status] = await serving.list();
    await expect(askService(status?.url ?? '', 'digits', [1, 2, 3])).rejects.toMatchObject({
      code: 'TY_SERVE_BAD_ANSWER',
      details: { why: '3 values were given, the model takes [1, 1, 8, 8]' },
    });
  });

  it.each([
    ['names the file that is missing when the export wrote no module', {}, 'was not written'],
    ['shows what to write when nothing says how to call the module', { module: 'x' }, 'no example.json'],
    [
      'shows an example when example.json is no such thing',
      { module: 'x', example: '{"inputs": 1}' },
      'cannot be read',
    ],
    ['says that the file is no TorchScript', { module: 'x', example: EXAMPLE }, 'is not a TorchScript module'],
  ])('%s', async (_claim, files: { readonly module?: string; readonly example?: string }, words) => {
    const folder = join(await mkdtemp(join(root, 'layout-')), 'digits', '1');
    await mkdir(folder, { recursive: true });
    if (files.module !== undefined) await writeFile(join(folder, 'model.torchscript'), files.module);
    if (files.example !== undefined) await writeFile(join(folder, 'example.json'), files.example);
    const script = join(project, 'assets', 'serving', 'torchscript_layout.py');
    const own = { ...env, TRAINYARD_MODEL_FILE: join(folder, 'model.torchscript') };
    const attempt = promisify(execFile)(python, [script], { env: own });
    await expect(attempt).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(words) as unknown });
  });
});

const EXAMPLE = '{"inputs": [{"name": "INPUT__0", "datatype": "FP32", "shape": [-1, 1, 8, 8]}]}';

async function predict(url: string, pixels: readonly number[]): Promise<number> {
  const probabilities = await askService(url, 'digits', pixels);
  return probabilities.indexOf(Math.max(...probabilities));
}
