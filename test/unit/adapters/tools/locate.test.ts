import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheBin, cacheRoot, pythonPointer } from '../../../../adapters/tools/layout.ts';
import { locateTools, toolPath } from '../../../../adapters/tools/locate.ts';
import * as setup from '../../../../scripts/setup/cache.mjs';

let home = '';

function program(...parts: readonly string[]): string {
  const path = join(home, ...parts);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, 0o755);
  return path;
}

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'trainyard-tools-'));
});

afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

describe('locateTools', () => {
  it('prefers what the environment names to the cache, and the cache to PATH', () => {
    const onPath = program('usr', 'temporal');
    const env = { HOME: home, PATH: join(home, 'usr') };
    expect(locateTools(env).temporal).toBe(onPath);

    const cached = program('.cache', 'trainyard', 'bin', 'temporal');
    expect(locateTools(env).temporal).toBe(cached);

    const named = program('own', 'temporal');
    expect(locateTools({ ...env, TRAINYARD_TEMPORAL: named }).temporal).toBe(named);
  });

  it('gives nothing rather than another program when the named one is not there', () => {
    program('.cache', 'trainyard', 'bin', 'git-lfs');
    const env = { HOME: home, PATH: '', TRAINYARD_GIT_LFS: join(home, 'nowhere') };
    expect(locateTools(env).gitLfs).toBeNull();
  });

  it('takes the Python that setup points to, and the one on PATH when the pointer is broken', () => {
    const system = program('usr', 'python3');
    const own = program('.cache', 'trainyard', 'python', 'one', 'bin', 'python3');
    const env = { HOME: home, PATH: join(home, 'usr') };
    writeFileSync(pythonPointer(env), JSON.stringify({ python: own }));
    expect(locateTools(env).python).toBe(own);
    writeFileSync(pythonPointer(env), '{"python": ');
    expect(locateTools(env).python).toBe(system);
  });

  it('does not take a folder or a plain file for a program', () => {
    mkdirSync(join(home, 'usr', 'git'), { recursive: true });
    writeFileSync(join(home, 'usr', 'temporal'), '', { mode: 0o644 });
    const tools = locateTools({ HOME: home, PATH: join(home, 'usr') });
    expect(tools).toEqual({ temporal: null, git: null, gitLfs: null, python: null });
  });
});

describe('toolPath', () => {
  it('puts the cache first, so that `git lfs` finds a git-lfs that is only there', () => {
    expect(toolPath({ HOME: home, PATH: '/usr/bin' })).toBe(
      [join(home, '.cache/trainyard/bin'), '/usr/bin'].join(delimiter),
    );
  });

  it('puts the folder of a named git-lfs before the cache', () => {
    const path = toolPath({ HOME: home, PATH: '/usr/bin', TRAINYARD_GIT_LFS: '/own/git-lfs' });
    expect(path.split(delimiter)[0]).toBe('/own');
  });
});

describe('the layout of the cache', () => {
  it.each([{ HOME: '/h' }, { HOME: '/h', XDG_CACHE_HOME: '/x' }])(
    'is the same for setup and at run time with %o',
    (env) => {
      expect(cacheRoot(env)).toBe(setup.cacheRoot(env));
      expect(cacheBin(env)).toBe(setup.cacheBin(setup.cacheRoot(env)));
    },
  );
});
