import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toolPath } from '../adapters/tools/locate.ts';
import type { Git } from '../ports/git.ts';
import { loadSettings } from '../spec/settings.ts';
import { createPorts } from '../worker/ports.ts';
import { type BigRepo, makeBigRepo } from './support/big-repo.ts';
import { timed } from './support/by-hand.ts';
import { diskBytes, requireRoom } from './support/disk.ts';
import { keepEvidence, load, loadWarning } from './support/evidence.ts';
import { numberOptions } from './support/options.ts';
import { ratio, round, seconds } from './support/statistics.ts';

/** One way of getting the repository, twice: seconds, and bytes on the disk after both. */
interface Way {
  readonly first: number;
  readonly second: number;
  readonly bytes: number;
}

interface Fetched extends Way {
  readonly secondReused: boolean;
  readonly lfsObjects: number;
  readonly lfsBytes: number;
}

const MIB = 2 ** 20;
const { mib } = numberOptions('bench:fetch', { mib: 1024 });

process.exitCode = await main();

async function main(): Promise<number> {
  const busy = load();
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort(new Error('interrupted'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
  // The repository, its work tree while it is made, mirror and checkout, and a clone with its own store.
  await requireRoom(tmpdir(), 5 * mib * MIB + 512 * MIB);
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-bench-'));
  try {
    console.log(`a repository with ${mib} MiB in LFS, over file://`);
    const repo = await makeBigRepo(folder, mib);
    const plain = await clonePlainly(folder, repo, interrupted.signal);
    const trainyard = await fetchTwice(folder, repo, interrupted.signal);
    await report(trainyard, plain, repo, busy);
    return 0;
  } catch (error) {
    console.error(error);
    return interrupted.signal.aborted ? 130 : 1;
  } finally {
    await makeWritableAndRemove(folder);
  }
}

/** Through the adapter that runs use: shared mirror, LFS store, read-only checkout. */
async function fetchTwice(folder: string, repo: BigRepo, signal: AbortSignal): Promise<Fetched> {
  const workspace = join(folder, 'workspace');
  const settings = loadSettings({
    env: { TRAINYARD_WORKSPACE: workspace, TRAINYARD_GIT_ALLOW: folder },
    file: null,
    dev: null,
  });
  const { git } = createPorts(settings, process.env);
  const first = await fetchOnce(git, repo, signal);
  const second = await fetchOnce(git, repo, signal);
  return {
    first: first.took,
    second: second.took,
    bytes: await diskBytes(join(workspace, 'mirrors'), join(workspace, 'checkouts')),
    secondReused: second.reused,
    lfsObjects: first.lfsObjects,
    lfsBytes: first.lfsBytes,
  };
}

async function fetchOnce(git: Git, repo: BigRepo, signal: AbortSignal) {
  const start = performance.now();
  const remote = { url: repo.url, credential: null };
  const { ref, commit } = await git.resolveRef(remote, 'main', signal);
  const tree = await git.fetch({ remote, ref, commit, signal });
  return { ...tree, took: (performance.now() - start) / 1000 };
}

/** `git clone` with git-lfs, as a training script would do it: the whole of it each time. */
async function clonePlainly(folder: string, repo: BigRepo, signal: AbortSignal): Promise<Way> {
  const env = {
    PATH: toolPath(process.env),
    HOME: folder,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_COUNT: '2',
    GIT_CONFIG_KEY_0: 'filter.lfs.process',
    GIT_CONFIG_VALUE_0: 'git-lfs filter-process',
    GIT_CONFIG_KEY_1: 'filter.lfs.required',
    GIT_CONFIG_VALUE_1: 'true',
  };
  const times: number[] = [];
  const clone = join(folder, 'clones', 'one');
  await mkdir(join(folder, 'clones'));
  let bytes = 0;
  for (let count = 0; count < 2; count += 1) {
    signal.throwIfAborted();
    times.push(await timed(['git', 'clone', '--quiet', repo.url, clone], folder, env));
    bytes += await diskBytes(clone);
    await rm(clone, { recursive: true, force: true });
  }
  const [first = NaN, second = NaN] = times;
  return { first, second, bytes };
}

async function report(trainyard: Fetched, plain: Way, repo: BigRepo, busy: number): Promise<void> {
  const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
  const rows: readonly (readonly [label: string, ours: string, theirs: string, ratio: string])[] = [
    ['first', seconds(trainyard.first), seconds(plain.first), ratio(trainyard.first, plain.first)],
    ['second', seconds(trainyard.second), seconds(plain.second), ratio(trainyard.second, plain.second)],
    ['disk after both', gibibytes(trainyard.bytes), gibibytes(plain.bytes), ratio(trainyard.bytes, plain.bytes)],
  ];
  console.log(
    `${loadWarning(busy)}${''.padEnd(18)}${'Trainyard'.padStart(12)}${'git clone'.padStart(12)}${'ratio'.padStart(10)}`,
  );
  for (const [label, ours, theirs, part] of rows) {
    console.log(`${label.padEnd(18)}${ours.padStart(12)}${theirs.padStart(12)}${part.padStart(10)}`);
  }
  console.log(`second fetch: ${trainyard.secondReused ? 'nothing moved but the ref advertisement' : 'NOT reused'}`);
  const path = await keepEvidence('bench-fetch', {
    load: { before: busy, after: load() },
    repository: { mebibytes: mib, files: repo.files },
    trainyard: { ...trainyard, first: round(trainyard.first), second: round(trainyard.second) },
    plainClone: { ...plain, first: round(plain.first), second: round(plain.second) },
    ratios: {
      first: round(trainyard.first / plain.first, 3),
      second: round(trainyard.second / plain.second, 4),
      disk: round(trainyard.bytes / plain.bytes, 3),
    },
  });
  console.log(`kept in ${path}`);
}

/** Checkouts are read-only, their folders too; only root removes those as they are. */
async function makeWritableAndRemove(folder: string): Promise<void> {
  await timed(['chmod', '-R', 'u+w', folder], '/', process.env);
  await rm(folder, { recursive: true, force: true });
}
