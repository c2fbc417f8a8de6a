import { randomUUID } from 'node:crypto';
import { chmod, constants, copyFile, link, lstat, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TrainyardError } from '../../domain/errors.ts';
import { formatPointer, objectPath } from './lfs-pointer.ts';
import { sha256File } from './local-store.ts';
import type { Operation } from './operation.ts';
import { listTree } from './tree-check.ts';

export interface CommitRequest {
  /** Bare repository to build in. */
  readonly gitDir: string;
  readonly directory: string;
  readonly lfsPatterns: readonly string[];
  readonly message: string;
  /** `Name <mail>`. */
  readonly author: string;
  /** RFC 3339. */
  readonly date: string;
  readonly parent: string | null;
}

export interface BuiltCommit {
  readonly gitDir: string;
  readonly commit: string;
  readonly tree: string;
  /** LFS objects the tree points to; they lie in the repository's LFS store. */
  readonly oids: readonly string[];
}

interface TreeFile {
  readonly path: string;
  readonly mode: '100644' | '100755';
}

/** Makes a commit of a folder. The same files, message, author and date give the same commit everywhere. */
export async function buildCommit(operation: Operation, request: CommitRequest): Promise<BuiltCommit> {
  const { gitDir, directory } = request;
  const files = await regularFiles(directory);
  const index = join(operation.folder, 'build.index');
  const sources = new Map(files.map(({ path }) => [path, join(directory, path)]));
  const attributes = await attributesFolder(operation, sources, request.lfsPatterns);
  if (request.lfsPatterns.length > 0) sources.set('.gitattributes', join(attributes, '.gitattributes'));
  const lfsPaths = await pathsInLfs(operation, { gitDir, attributes, paths: [...sources.keys()] });
  const oids = new Set<string>();
  for (const path of lfsPaths) {
    const pointer = await storeObject(operation, gitDir, join(directory, path));
    oids.add(pointer.oid);
    const draft = join(operation.folder, `pointer-${pointer.oid}`);
    await writeFile(draft, formatPointer(pointer));
    sources.set(path, draft);
  }
  const modes = new Map(files.map(({ path, mode }) => [path, mode]));
  const ids = await hashFiles(operation, gitDir, sources);
  await addToIndex(operation, { gitDir, index, ids, modes });
  const tree = (await operation.git({ action: 'local', gitDir, index, args: ['write-tree'] })).stdout.trim();
  const commit = await commitTree(operation, request, tree);
  return { gitDir, commit, tree, oids: [...oids] };
}

/** `commit-tree` with fixed author, committer and date. */
export async function commitTree(
  operation: Operation,
  request: Pick<CommitRequest, 'gitDir' | 'message' | 'author' | 'date' | 'parent'>,
  tree: string,
): Promise<string> {
  const { name, mail } = parseAuthor(request.author);
  const date = isoSeconds(request.date);
  const { stdout } = await operation.git({
    action: 'local',
    gitDir: request.gitDir,
    env: {
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: mail,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: mail,
      GIT_COMMITTER_DATE: date,
    },
    input: `${request.message.trimEnd()}\n`,
    args: ['commit-tree', ...(request.parent === null ? [] : ['-p', request.parent]), '-F', '-', tree],
  });
  return stdout.trim();
}

async function regularFiles(directory: string): Promise<readonly TreeFile[]> {
  const files: TreeFile[] = [];
  for (const { path, kind } of await listTree(directory)) {
    if (path.split('/').some((part) => part.toLowerCase() === '.git'))
      throw refused(path, 'is a Git folder of its own');
    if (kind === 'link' || kind === 'other') throw refused(path, 'is neither a file nor a folder');
    if (/[\n\uFFFD]/.test(path)) throw refused(path, 'has a name that Git paths cannot carry safely');
    if (kind === 'folder') continue;
    const { mode } = await lstat(join(directory, path));
    files.push({ path, mode: (mode & 0o100) === 0 ? '100644' : '100755' });
  }
  if (files.length === 0) throw refused(directory, 'holds no files');
  return files;
}

/** A folder that holds nothing but the tree's attribute files, the topmost with the patterns added. */
async function attributesFolder(
  operation: Operation,
  sources: ReadonlyMap<string, string>,
  patterns: readonly string[],
): Promise<string> {
  const folder = join(operation.folder, 'attributes');
  await mkdir(folder, { recursive: true });
  for (const [path, source] of sources) {
    if (path.split('/').at(-1) !== '.gitattributes') continue;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await copyFile(source, join(folder, path));
  }
  const top = join(folder, '.gitattributes');
  const own = await readFile(top, 'utf8').catch(() => '');
  const lines = own.split('\n').filter((line) => line.trim() !== '');
  for (const pattern of patterns) {
    if (/[\s"]/.test(pattern) || pattern === '') throw refused(pattern, 'is not a pattern for LFS');
    const line = `${pattern} filter=lfs diff=lfs merge=lfs -text`;
    if (!lines.includes(line)) lines.push(line);
  }
  await writeFile(top, lines.map((line) => `${line}\n`).join(''));
  return folder;
}

interface AttributeQuery {
  readonly gitDir: string;
  readonly attributes: string;
  readonly paths: readonly string[];
}

/** Asks git itself which paths the attributes give to LFS. */
async function pathsInLfs(
  operation: Operation,
  { gitDir, attributes, paths }: AttributeQuery,
): Promise<readonly string[]> {
  const { stdout } = await operation.git({
    action: 'local',
    gitDir,
    workTree: attributes,
    input: paths.map((path) => `${path}\0`).join(''),
    args: ['check-attr', '--stdin', '-z', 'filter'],
  });
  const fields = stdout.split('\0');
  return paths.filter(
    (path, at) => fields[at * 3] === path && fields[at * 3 + 2] === 'lfs' && !path.endsWith('.gitattributes'),
  );
}

async function hashFiles(
  operation: Operation,
  gitDir: string,
  sources: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await operation.git({
    action: 'local',
    gitDir,
    input: [...sources.values()].map((source) => `${source}\n`).join(''),
    args: ['hash-object', '-w', '--no-filters', '--stdin-paths'],
  });
  const ids = stdout.trim().split('\n');
  return new Map([...sources.keys()].map((path, at) => [path, ids[at] ?? '']));
}

interface IndexAddition {
  readonly gitDir: string;
  readonly index: string;
  readonly ids: ReadonlyMap<string, string>;
  readonly modes: ReadonlyMap<string, string>;
}

async function addToIndex(operation: Operation, { gitDir, index, ids, modes }: IndexAddition): Promise<void> {
  const input = [...ids].map(([path, id]) => `${modes.get(path) ?? '100644'} ${id}\t${path}\0`).join('');
  await operation.git({ action: 'local', gitDir, index, input, args: ['update-index', '-z', '--index-info'] });
}

/**
 * Puts a file into the LFS store. A copy where the remote is a folder, because objects are linked into it,
 * and the remote must not share a file with a run's folder.
 */
async function storeObject(
  operation: Operation,
  gitDir: string,
  file: string,
): Promise<{ oid: string; bytes: number }> {
  const draft = join(gitDir, `lfs-${randomUUID()}`);
  const copied =
    operation.remote.url.scheme === 'file' ||
    !(await link(file, draft).then(
      () => true,
      () => false,
    ));
  if (copied) {
    await copyFile(file, draft, constants.COPYFILE_FICLONE);
    await chmod(draft, 0o644);
  }
  const oid = await sha256File(draft);
  const target = objectPath(gitDir, oid);
  await mkdir(dirname(target), { recursive: true });
  await rename(draft, target);
  return { oid, bytes: (await stat(target)).size };
}

function parseAuthor(author: string): { readonly name: string; readonly mail: string } {
  const match = /^([^<>\n]+?)\s*<([^<>\s]+)>$/.exec(author);
  if (match === null) throw refused('author', 'is not "Name <mail>"');
  return { name: match[1] ?? '', mail: match[2] ?? '' };
}

/** Git takes whole seconds; the zone is UTC so that machines agree. */
function isoSeconds(date: string): string {
  const time = Date.parse(date);
  if (Number.isNaN(time)) throw refused('date', 'is not an RFC 3339 time');
  return `${Math.floor(time / 1000)} +0000`;
}

function refused(what: string, why: string): TrainyardError {
  return new TrainyardError('TY_GIT_UNSAFE_TREE', `"${what}" ${why}`, { where: what, why });
}
