import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { PNG } from 'pngjs';

/** Runs git with these arguments, the input on its stdin; rejects when git fails. */
export type GitRun = (
  args: readonly string[],
  options: { readonly cwd: string; readonly input?: Buffer },
) => Promise<void>;

/** A digit that is in no repository: grey values 0..255, row by row, and what the writer meant. */
export interface UnseenDigit {
  readonly pixels: readonly number[];
  readonly label: number;
}

export interface DemoRepos {
  /** `file://` URLs of the three bare repositories. */
  readonly model: string;
  readonly dataset: string;
  readonly output: string;
  readonly unseen: readonly UnseenDigit[];
  /** True when all three were there already. */
  readonly reused: boolean;
}

export interface DemoRepoRequest {
  /** Where `model.git`, `dataset.git` and `output.git` are, or will be. */
  readonly directory: string;
  /** The folder `examples/digits`. */
  readonly example: string;
  readonly run: GitRun;
}

interface Digit extends UnseenDigit {
  readonly index: number;
}

interface TreeFile {
  readonly path: string;
  readonly content: Buffer;
}

const SIDE = 8;
const UNSEEN = 10;
const TEST_EVERY = 5;
// Fixed, so that the same contents are the same commits on every machine.
const COMMITTER = 'Trainyard <trainyard@localhost> 1767225600 +0000';

/** The three repositories of the demo; what is there already is reused, what is half made is never seen. */
export async function makeDemoRepos(request: DemoRepoRequest): Promise<DemoRepos> {
  const { directory, example, run } = request;
  await mkdir(directory, { recursive: true });
  const digits = parseDigits(await readFile(join(example, 'data', 'digits.csv.gz')));
  const seen = digits.slice(0, -UNSEEN);
  const made = await Promise.all([
    makeRepo(run, join(directory, 'model.git'), async () => readFolder(join(example, 'model'))),
    makeRepo(run, join(directory, 'dataset.git'), (repo) =>
      datasetFiles(repo, seen, join(example, 'dataset', 'README.md')),
    ),
    makeRepo(run, join(directory, 'output.git'), async () => []),
  ]);
  const url = (name: string): string => pathToFileURL(join(directory, name)).href;
  return {
    model: url('model.git'),
    dataset: url('dataset.git'),
    output: url('output.git'),
    unseen: digits.slice(-UNSEEN).map(({ pixels, label }) => ({ pixels, label })),
    reused: made.every((isNew) => !isNew),
  };
}

/** A runner for git alone: no configuration of the machine's, no questions. */
export function gitRunner(path: string): GitRun {
  const env = {
    PATH: path,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
  };
  return (args, { cwd, input }) =>
    new Promise((resolve, reject) => {
      const child = spawn('git', args, { cwd, env, stdio: ['pipe', 'ignore', 'pipe'] });
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
      child.on('error', reject);
      child.on('close', (code) => {
        if (code === 0) return resolve();
        reject(new Error(`git ${args[0] ?? ''} ended with ${String(code)}: ${said.trim()}`));
      });
      // A git that ends early closes the pipe; its exit code above says why.
      child.stdin.on('error', () => {});
      child.stdin.end(input);
    });
}

async function makeRepo(
  run: GitRun,
  target: string,
  files: (repo: string) => Promise<readonly TreeFile[]>,
): Promise<boolean> {
  if (existsSync(target)) return false;
  const beside = `${target}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    await mkdir(beside, { recursive: true });
    await run(['init', '--quiet', '--bare', '--initial-branch=main'], { cwd: beside });
    const tree = await files(beside);
    if (tree.length > 0) {
      await run(['fast-import', '--quiet', '--done'], { cwd: beside, input: importStream(tree) });
    }
    await rename(beside, target);
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
  return true;
}

function importStream(files: readonly TreeFile[]): Buffer {
  const message = 'first commit\n';
  const parts: Uint8Array[] = [
    Buffer.from(`commit refs/heads/main\ncommitter ${COMMITTER}\ndata ${message.length}\n${message}`),
  ];
  for (const { path, content } of files) {
    parts.push(Buffer.from(`M 100644 inline ${path}\ndata ${content.length}\n`), content, Buffer.from('\n'));
  }
  parts.push(Buffer.from('\ndone\n'));
  return Buffer.concat(parts);
}

async function readFolder(folder: string): Promise<readonly TreeFile[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  return Promise.all(names.sort().map(async (path) => ({ path, content: await readFile(join(folder, path)) })));
}

async function datasetFiles(repo: string, digits: readonly Digit[], readme: string): Promise<readonly TreeFile[]> {
  const files: TreeFile[] = [
    { path: '.gitattributes', content: Buffer.from('*.png filter=lfs diff=lfs merge=lfs -text\n') },
    { path: 'README.md', content: await readFile(readme) },
  ];
  const objects = new Map<string, Uint8Array>();
  for (const digit of digits) {
    const image = encodePng(digit.pixels);
    const oid = createHash('sha256').update(image).digest('hex');
    objects.set(oid, image);
    const split = digit.index % TEST_EVERY === TEST_EVERY - 1 ? 'test' : 'train';
    const name = `${String(digit.index).padStart(4, '0')}-${digit.label}.png`;
    files.push({ path: `images/${split}/${name}`, content: lfsPointer(oid, image.length) });
  }
  await Promise.all([...objects].map(([oid, image]) => storeLfsObject(repo, oid, image)));
  return files;
}

async function storeLfsObject(repo: string, oid: string, content: Uint8Array): Promise<void> {
  const target = join(repo, 'lfs', 'objects', oid.slice(0, 2), oid.slice(2, 4), oid);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, content);
}

function lfsPointer(oid: string, bytes: number): Buffer {
  return Buffer.from(`version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${bytes}\n`);
}

function encodePng(pixels: readonly number[]): Buffer {
  const image = new PNG({ width: SIDE, height: SIDE, colorType: 0, inputColorType: 0 });
  image.data = Buffer.from(pixels);
  return PNG.sync.write(image, { colorType: 0, inputColorType: 0, inputHasAlpha: false });
}

function parseDigits(compressed: Buffer): readonly Digit[] {
  const lines = gunzipSync(compressed).toString('utf8').trim().split('\n');
  return lines.map((line, index) => {
    const values = line.split(',').map(Number);
    const label = values[SIDE * SIDE];
    if (label === undefined) throw new Error(`digits.csv.gz: line ${index + 1} is too short`);
    // The table counts dots, 0 to 16; an image has grey values, 0 to 255.
    return { index, label, pixels: values.slice(0, SIDE * SIDE).map((dots) => Math.round((dots * 255) / 16)) };
  });
}
