import { join } from 'node:path';
import { cacheBin, isExecutable, programName, which } from './cache.mjs';
import { goCanBuild, goInstall } from './go.mjs';
import { answers } from './net.mjs';
import { impossible, obtain, obtainable, present } from './part.mjs';
import { installRelease } from './release.mjs';

// One version whichever way it comes: the last that `go install` can build. Its server is 1.29.1.
const VERSION = '1.5.1';
const GO_MODULE = 'github.com/temporalio/cli';
const HOSTS = [
  'https://temporal.download/assets/temporalio/cli/releases/download',
  'https://github.com/temporalio/cli/releases/download',
];

function find(machine) {
  const cached = join(cacheBin(machine.root), programName('temporal'));
  return isExecutable(cached) ? cached : which('temporal', machine.env.PATH);
}

/** Plans the Temporal server: what the environment names, the cache, PATH, a release, or Go. */
export async function planTemporal(machine) {
  const named = machine.env.TRAINYARD_TEMPORAL;
  if (named) return isExecutable(named) ? present('temporal', named) : badOverride(named);
  const there = find(machine);
  if (there !== null) return present('temporal', there);

  const path = join(cacheBin(machine.root), programName('temporal'));
  const release = await findRelease(machine, path);
  if (release !== null)
    return toGet(machine, which('go', machine.env.PATH) ? [release, compile(machine, path)] : [release]);
  const go = await goCanBuild(machine, `${GO_MODULE}@v${VERSION}`);
  if (go.ok) return toGet(machine, [compile(machine, path)]);
  return impossible('temporal', {
    message: 'there is no Temporal server, and no way to get one',
    where: `TRAINYARD_TEMPORAL, ${path}, PATH`,
    why: `temporal.download and github.com do not answer, and ${go.why}`,
    fix: installHint(machine, path),
  });
}

function toGet(machine, ways) {
  return obtainable('temporal', {
    why: 'runs are Temporal workflows',
    find: () => find(machine),
    ways,
  });
}

async function findRelease(machine, path) {
  const platform = machine.platform === 'win32' ? 'windows' : machine.platform;
  const arch = machine.arch === 'x64' ? 'amd64' : machine.arch;
  const archive = `temporal_cli_${VERSION}_${platform}_${arch}.tar.gz`;
  for (const host of HOSTS) {
    const folder = `${host}/v${VERSION}`;
    if (!(await answers(`${folder}/${archive}`))) continue;
    const release = { folder, archive, sums: 'checksums.txt', member: programName('temporal'), path };
    return {
      how: `Temporal CLI ${VERSION} from ${new URL(host).host}`,
      size: '60 MB',
      time: '30 s',
      get: (task, scratch) => installRelease(release, task, scratch),
    };
  }
  return null;
}

function compile(machine, path) {
  const target = { package: `${GO_MODULE}/cmd/temporal@v${VERSION}`, program: 'temporal', path };
  return {
    how: `compiling Temporal CLI ${VERSION} with Go`,
    size: '250 MB',
    time: '3 to 8 min once',
    // Go keeps the sources and what it compiled.
    room: 4e9,
    get: (task, scratch) => goInstall(machine, target, task, scratch),
  };
}

function badOverride(named) {
  return impossible('temporal', {
    message: 'TRAINYARD_TEMPORAL names no program',
    where: `TRAINYARD_TEMPORAL=${named}`,
    why: 'there is no executable file of that name',
    fix: 'set it to the temporal program, or unset it',
  });
}

function installHint(machine, path) {
  const lines = [];
  if (machine.platform === 'darwin') lines.push('brew install temporal');
  if (machine.platform === 'win32') lines.push('winget install -e --id Temporal.TemporalCLI');
  if (machine.platform === 'linux')
    lines.push('install Go 1.24 or newer (https://go.dev/dl), then run the command again');
  lines.push(`or copy the program from https://docs.temporal.io/cli to ${path}`);
  lines.push('or set TRAINYARD_TEMPORAL to where it is');
  return lines.join('\n');
}

export async function ensureTemporal(machine) {
  return obtain(machine, await planTemporal(machine));
}
