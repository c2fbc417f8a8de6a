import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TrainyardError } from '../../domain/errors.ts';
import { checkBranch, checkRef, isCommitId } from '../../domain/git-ref.ts';
import type { RemoteRef } from '../../domain/plan.ts';
import type { FetchedTree, FetchRequest, Git, PushRequest, PushResult, ResolvedRef } from '../../ports/git.ts';

/** Content under LFS is marked; `missing` leaves only the pointer. */
export type FakeFile = string | { readonly lfs: string; readonly missing?: boolean };
export type FakeFiles = Readonly<Record<string, FakeFile>>;

type Method = 'resolveRef' | 'checkPush' | 'fetch' | 'push';

interface FakeRepo {
  readonly branches: Map<string, string>;
  readonly tags: Map<string, string>;
  readonly commits: Map<string, FakeFiles>;
}

/** Git in memory; only checkouts are on disk. Repositories are known by their address. */
export interface FakeGit extends Git {
  readonly calls: readonly { readonly method: Method; readonly url: string }[];
  create(url: string): void;
  commit(url: string, branch: string, files: FakeFiles): string;
  tag(url: string, name: string, commit: string): void;
  forget(url: string, branch: string): void;
  read(url: string, branch: string): Readonly<Record<string, string>>;
  /** The next call of a method rejects with this. */
  failNext(method: Method, error: Error): void;
}

export function createFakeGit(options: { readonly checkouts: string }): FakeGit {
  const repos = new Map<string, FakeRepo>();
  const failures = new Map<Method, Error[]>();
  const calls: { method: Method; url: string }[] = [];

  const open = (method: Method, remote: RemoteRef, signal: AbortSignal): FakeRepo => {
    signal.throwIfAborted();
    calls.push({ method, url: remote.url });
    const failure = failures.get(method)?.shift();
    if (failure !== undefined) throw failure;
    const repo = repos.get(remote.url);
    if (repo === undefined) throw new TrainyardError('TY_GIT_REPO_NOT_FOUND', `no repository at ${remote.url}`);
    return repo;
  };
  const known = (url: string): FakeRepo => {
    const repo = repos.get(url);
    if (repo === undefined) throw new Error(`the test made no repository ${url}`);
    return repo;
  };

  return {
    calls,
    create: (url) => void repos.set(url, { branches: new Map(), tags: new Map(), commits: new Map() }),
    commit: (url, branch, files) => {
      const repo = known(url);
      const commit = idOf({ files, branch });
      repo.commits.set(commit, files);
      repo.branches.set(branch, commit);
      return commit;
    },
    tag: (url, name, commit) => void known(url).tags.set(name, commit),
    forget: (url, branch) => {
      const repo = known(url);
      repo.commits.delete(repo.branches.get(branch) ?? '');
      repo.branches.delete(branch);
    },
    read: (url, branch) => {
      const repo = known(url);
      const files = repo.commits.get(repo.branches.get(branch) ?? '') ?? {};
      return Object.fromEntries(Object.entries(files).map(([path, file]) => [path, rawOf(file)]));
    },
    failNext: (method, error) => void failures.set(method, [...(failures.get(method) ?? []), error]),
    history: async () => ({ from: null, to: null, between: null }),
    resolveRef: async (remote, ref, signal) => {
      requireName(checkRef(ref));
      return resolve(open('resolveRef', remote, signal), ref);
    },
    checkPush: async (remote, branch, signal) => {
      requireName(checkBranch(branch));
      return open('checkPush', remote, signal).branches.get(branch) ?? null;
    },
    fetch: async (request) =>
      await fetchTree(open('fetch', request.remote, request.signal), request, options.checkouts),
    tidy: () => Promise.resolve(),
    push: async (request) => {
      requireName(checkBranch(request.branch));
      return await push(open('push', request.remote, request.signal), request);
    },
  };
}

function resolve(repo: FakeRepo, ref: string): ResolvedRef {
  if (isCommitId(ref)) return { ref, commit: ref };
  if (repo.branches.size === 0) throw new TrainyardError('TY_GIT_EMPTY', 'no commits');
  const branch = ref === 'HEAD' ? 'main' : ref.replace(/^refs\/heads\//, '');
  const commit = repo.branches.get(branch);
  if (commit !== undefined) return { ref: `refs/heads/${branch}`, commit };
  const tagged = repo.tags.get(ref.replace(/^refs\/tags\//, ''));
  if (tagged !== undefined) return { ref: `refs/tags/${ref.replace(/^refs\/tags\//, '')}`, commit: tagged };
  throw new TrainyardError('TY_GIT_REF_NOT_FOUND', `no ref "${ref}"`);
}

const writing = new Map<string, Promise<FetchedTree>>();

async function fetchTree(repo: FakeRepo, request: FetchRequest, checkouts: string): Promise<FetchedTree> {
  const path = join(checkouts, idOf({ url: request.remote.url }).slice(0, 32), request.commit);
  const reused: FetchedTree = { path, reused: true, lfsObjects: 0, lfsBytes: 0 };
  const busy = writing.get(path);
  if (busy !== undefined) return await busy.then(() => reused);
  const work = (async () => {
    if ((await stat(path).catch(() => null)) !== null) return reused;
    return await writeTree(repo, request, path);
  })();
  writing.set(path, work);
  try {
    return await work;
  } finally {
    writing.delete(path);
  }
}

async function writeTree(repo: FakeRepo, request: FetchRequest, path: string): Promise<FetchedTree> {
  const files = repo.commits.get(request.commit);
  if (files === undefined) {
    throw new TrainyardError(isCommitId(request.ref) ? 'TY_GIT_REF_NOT_FOUND' : 'TY_GIT_SOURCE_CHANGED', 'commit gone');
  }
  const lfs = Object.entries(files).flatMap(([name, file]) => (typeof file === 'string' ? [] : [{ name, ...file }]));
  const missing = lfs.find((file) => file.missing === true);
  if (missing !== undefined) throw new TrainyardError('TY_LFS_OBJECT_MISSING', `no content for ${missing.name}`);
  const folders = new Set([path]);
  for (const [name, file] of Object.entries(files)) {
    const full = join(path, name);
    for (let folder = dirname(full); folder.length > path.length; folder = dirname(folder)) folders.add(folder);
    await mkdir(dirname(full), { recursive: true });
    await writeFile(full, typeof file === 'string' ? file : file.lfs);
    await chmod(full, 0o444);
  }
  for (const folder of folders) await chmod(folder, 0o555);
  const lfsBytes = lfs.reduce((sum, file) => sum + Buffer.byteLength(file.lfs), 0);
  return { path, reused: false, lfsObjects: lfs.length, lfsBytes };
}

async function push(repo: FakeRepo, request: PushRequest): Promise<PushResult> {
  const files: Record<string, FakeFile> = {};
  for (const entry of await readdir(request.tree, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const full = join(entry.parentPath, entry.name);
    const text = await readFile(full, 'latin1');
    const isLfs = request.lfsPatterns.some(
      (pattern) => pattern === entry.name || (pattern.startsWith('*') && entry.name.endsWith(pattern.slice(1))),
    );
    files[full.slice(request.tree.length + 1)] = isLfs ? { lfs: text } : text;
  }
  if (request.lfsPatterns.length > 0) files['.gitattributes'] ??= request.lfsPatterns.join('\n');
  const { message, author, date } = request;
  const commit = idOf({ files: Object.fromEntries(Object.entries(files).toSorted()), message, author, date });
  const held = repo.branches.get(request.branch);
  if (held === commit) return { commit, found: true };
  if (held !== undefined)
    throw new TrainyardError('TY_OUTPUT_BRANCH_TAKEN', `branch "${request.branch}" holds ${held}`);
  repo.commits.set(commit, files);
  repo.branches.set(request.branch, commit);
  return { commit, found: false };
}

function rawOf(file: FakeFile): string {
  if (typeof file === 'string') return file;
  const oid = createHash('sha256').update(file.lfs).digest('hex');
  return `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${Buffer.byteLength(file.lfs)}`;
}

function requireName(fault: string | null): void {
  if (fault !== null) throw new TrainyardError('TY_SPEC_REF', `the ref ${fault}`);
}

function idOf(value: unknown): string {
  return createHash('sha1').update(JSON.stringify(value)).digest('hex');
}
