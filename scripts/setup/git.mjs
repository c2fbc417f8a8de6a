import { join } from 'node:path';
import { aptCandidate, aptInstall, aptUsable } from './apt.mjs';
import { cacheBin, isExecutable, programName, which } from './cache.mjs';
import { goCanBuild, goInstall } from './go.mjs';
import { answers } from './net.mjs';
import { impossible, obtain, obtainable, present } from './part.mjs';
import { installRelease } from './release.mjs';

const VERSION = '3.7.1';
const GO_MODULE = 'github.com/git-lfs/git-lfs/v3';
const RELEASES = 'https://github.com/git-lfs/git-lfs/releases/download';

/** Git itself is asked of the user: it brought the checkout here. */
export async function planGit(machine) {
  const git = which('git', machine.env.PATH);
  if (git !== null) return present('git', git);
  return impossible('git', {
    message: 'git is not installed',
    where: 'PATH',
    why: 'no program named git is on it',
    fix: installCommand(machine, 'git'),
  });
}

function installCommand(machine, name) {
  if (machine.platform === 'darwin') return `brew install ${name}`;
  if (machine.platform === 'win32')
    return name === 'git' ? 'winget install -e --id Git.Git' : 'winget install -e --id GitHub.GitLFS';
  return `sudo apt-get install ${name}    (or: sudo dnf install ${name})`;
}

function find(machine) {
  const cached = join(cacheBin(machine.root), programName('git-lfs'));
  return isExecutable(cached) ? cached : which('git-lfs', machine.env.PATH);
}

/**
 * Plans git-lfs. A release or a compiler comes before the distribution's package: both stay inside the cache, and
 * the 3.3.0 of Debian 12 asks again without end when a server goes on refusing a credential.
 */
export async function planGitLfs(machine) {
  const named = machine.env.TRAINYARD_GIT_LFS;
  if (named) return isExecutable(named) ? present('git-lfs', named) : badOverride(named);
  const there = find(machine);
  if (there !== null) return present('git-lfs', there);

  const path = join(cacheBin(machine.root), programName('git-lfs'));
  const release = await findRelease(machine, path);
  const ways = release === null ? [] : [release];
  const go = ways.length > 0 ? { ok: false, why: '' } : await goCanBuild(machine, `${GO_MODULE}@v${VERSION}`);
  if (go.ok) ways.push(compile(machine, path));
  if (ways.length === 0 && (await aptCandidate(machine, 'git-lfs')) !== null) ways.push(debianPackage(machine));
  if (ways.length > 0) {
    return obtainable('git-lfs', {
      why: 'datasets and weights are kept with Git LFS',
      find: () => find(machine),
      ways,
    });
  }
  return impossible('git-lfs', {
    message: 'git-lfs is not installed, and there is no way to get it',
    where: `TRAINYARD_GIT_LFS, ${path}, PATH`,
    why: `github.com does not answer, ${go.why}, and ${aptUsable(machine) ? 'apt has no package of it' : 'packages cannot be installed without root rights'}`,
    fix: installCommand(machine, 'git-lfs'),
  });
}

async function findRelease(machine, path) {
  const platform = machine.platform === 'win32' ? 'windows' : machine.platform;
  const arch = machine.arch === 'x64' ? 'amd64' : machine.arch;
  const folder = `${RELEASES}/v${VERSION}`;
  const archive = `git-lfs-${platform}-${arch}-v${VERSION}.${platform === 'linux' ? 'tar.gz' : 'zip'}`;
  if (!(await answers(`${folder}/${archive}`))) return null;
  const member = `git-lfs-${VERSION}/${programName('git-lfs')}`;
  return {
    how: `git-lfs ${VERSION} from github.com`,
    size: '5 MB',
    time: '5 s',
    get: (task, scratch) => installRelease({ folder, archive, sums: 'sha256sums.asc', member, path }, task, scratch),
  };
}

function compile(machine, path) {
  const target = { package: `${GO_MODULE}@v${VERSION}`, program: 'git-lfs', path };
  return {
    how: `compiling git-lfs ${VERSION} with Go`,
    size: '20 MB',
    time: '15 s to 2 min once',
    get: (task, scratch) => goInstall(machine, target, task, scratch),
  };
}

function debianPackage(machine) {
  return {
    how: 'apt-get install git-lfs',
    size: '4 MB',
    time: '10 s',
    get: async (task) => {
      await aptInstall(machine, ['git-lfs'], task);
      const path = find(machine);
      if (path === null) throw new Error('the package brought no git-lfs program');
      return path;
    },
  };
}

function badOverride(named) {
  return impossible('git-lfs', {
    message: 'TRAINYARD_GIT_LFS names no program',
    where: `TRAINYARD_GIT_LFS=${named}`,
    why: 'there is no executable file of that name',
    fix: 'set it to the git-lfs program, or unset it',
  });
}

export async function ensureGitLfs(machine) {
  return obtain(machine, await planGitLfs(machine));
}
