import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { locateTools, toolPath } from '../../adapters/tools/locate.ts';

const GIT_ENV = {
  PATH: toolPath(process.env),
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@localhost',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@localhost',
  LC_ALL: 'C',
};

/** Runs git without the user's configuration; answers what it printed. */
export function git(cwd: string, ...args: readonly string[]): string {
  return execFileSync('git', args, { cwd, env: GIT_ENV, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

/** A bare repository with one commit of these files; `*.torchscript` and `*.bin` go to LFS. */
export function makeRepo(folder: string, name: string, files: Readonly<Record<string, string | Buffer>>): string {
  const bare = join(folder, `${name}.git`);
  const work = join(folder, `${name}-work`);
  mkdirSync(work, { recursive: true });
  git(folder, 'init', '--quiet', '--bare', '--initial-branch=main', bare);
  git(work, 'init', '--quiet', '--initial-branch=main');
  git(work, 'lfs', 'install', '--local');
  const all = {
    '.gitattributes': '*.torchscript filter=lfs diff=lfs merge=lfs -text\n*.bin filter=lfs diff=lfs merge=lfs -text\n',
    ...files,
  };
  for (const [path, content] of Object.entries(all)) {
    mkdirSync(dirname(join(work, path)), { recursive: true });
    writeFileSync(join(work, path), content);
  }
  git(work, 'add', '--all');
  git(work, 'commit', '--quiet', '--message=first');
  git(work, 'remote', 'add', 'origin', pathToFileURL(bare).href);
  git(work, 'push', '--quiet', 'origin', 'main');
  return pathToFileURL(bare).href;
}

export function makeEmptyRepo(folder: string, name: string): string {
  mkdirSync(folder, { recursive: true });
  const bare = join(folder, `${name}.git`);
  git(folder, 'init', '--quiet', '--bare', '--initial-branch=main', bare);
  return pathToFileURL(bare).href;
}

/** A tiny TorchScript module: 4 numbers in, 2 out. */
export function makeTorchScript(path: string): void {
  const { python } = locateTools(process.env);
  if (python === null) throw new Error('no Python with torch: npm run setup');
  const code = 'import sys,torch; torch.jit.script(torch.nn.Linear(4, 2)).save(sys.argv[1])';
  execFileSync(python, ['-W', 'ignore', '-c', code, path], { stdio: 'ignore' });
}
