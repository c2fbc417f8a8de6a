import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A file of a test commit. */
export type SeedFile =
  | string
  | Buffer
  | { readonly link: string }
  | { readonly lfs: string | Buffer; readonly missing?: boolean };

export type SeedFiles = Readonly<Record<string, SeedFile>>;

const IDENTITY = {
  GIT_AUTHOR_NAME: 'Seed',
  GIT_AUTHOR_EMAIL: 'seed@localhost',
  GIT_AUTHOR_DATE: '1700000000 +0000',
  GIT_COMMITTER_NAME: 'Seed',
  GIT_COMMITTER_EMAIL: 'seed@localhost',
  GIT_COMMITTER_DATE: '1700000000 +0000',
};

/** Runs git inside a bare repository of the test. */
export function inRepo(
  gitDir: string,
  args: readonly string[],
  input: string | Buffer = '',
  env: Record<string, string> = {},
): string {
  return execFileSync('git', args, {
    input,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '',
      GIT_DIR: gitDir,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      LC_ALL: 'C',
      ...IDENTITY,
      ...env,
    },
  }).trim();
}

export function createBare(gitDir: string, format: 'sha1' | 'sha256' = 'sha1'): void {
  execFileSync('git', ['init', '-q', '--bare', `--object-format=${format}`, '--initial-branch=main', gitDir]);
}

/** Writes a commit straight into a bare repository and moves the branch to it. */
export function seedCommit(gitDir: string, branch: string, files: SeedFiles, parent: string | null = null): string {
  const index = join(gitDir, `index-${randomUUID()}`);
  for (const [path, file] of Object.entries(files)) {
    const mode = typeof file === 'object' && 'link' in file ? '120000' : '100644';
    const id = inRepo(gitDir, ['hash-object', '-w', '--stdin'], blobOf(gitDir, file));
    inRepo(gitDir, ['update-index', '-z', '--index-info'], `${mode} ${id}\t${path}\0`, { GIT_INDEX_FILE: index });
  }
  const tree = inRepo(gitDir, ['write-tree'], '', { GIT_INDEX_FILE: index });
  rmSync(index, { force: true });
  return commitOf(gitDir, branch, tree, parent);
}

/** Moves a branch to a commit of a given tree; for trees no index would take. */
export function commitOf(gitDir: string, branch: string, tree: string, parent: string | null = null): string {
  const commit = inRepo(gitDir, ['commit-tree', ...(parent === null ? [] : ['-p', parent]), '-F', '-', tree], 'seed\n');
  inRepo(gitDir, ['update-ref', `refs/heads/${branch}`, commit]);
  return commit;
}

/** Names and raw contents of what a branch holds; LFS files show their pointers. */
export function readBranch(gitDir: string, branch: string): Readonly<Record<string, string>> {
  const names = inRepo(gitDir, ['ls-tree', '-r', '-z', '--name-only', branch])
    .split('\0')
    .filter((name) => name !== '');
  return Object.fromEntries(names.map((name) => [name, inRepo(gitDir, ['cat-file', 'blob', `${branch}:${name}`])]));
}

export function pointerTo(content: string | Buffer): string {
  const oid = createHash('sha256').update(content).digest('hex');
  return `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${Buffer.byteLength(content)}\n`;
}

function blobOf(gitDir: string, file: SeedFile): string | Buffer {
  if (typeof file === 'string' || Buffer.isBuffer(file)) return file;
  if ('link' in file) return file.link;
  const oid = createHash('sha256').update(file.lfs).digest('hex');
  if (file.missing !== true) {
    const path = join(gitDir, 'lfs', 'objects', oid.slice(0, 2), oid.slice(2, 4), oid);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file.lfs);
  }
  return pointerTo(file.lfs);
}
