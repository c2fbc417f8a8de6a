import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completeLock, missingOptionals } from '../../../scripts/complete-lock.mjs';
import { dependenciesCurrent } from '../../../scripts/setup/dependencies.mjs';
import { compareVersions, formatBytes, formatDuration } from '../../../scripts/setup/format.mjs';
import { environmentKey, servingPackages } from '../../../scripts/setup/python-packages.mjs';
import { publishedDigest } from '../../../scripts/setup/release.mjs';

let checkout = '';

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'trainyard-parts-'));
});

afterEach(() => {
  rmSync(checkout, { recursive: true, force: true });
});

describe('dependenciesCurrent', () => {
  const file = (...parts: readonly string[]) => join(checkout, ...parts);

  const lock = (version: string) => ({
    packages: { '': {}, 'node_modules/a': { version }, 'node_modules/b': { version: '1.0.0', optional: true } },
  });

  function write(path: string, packages: unknown): void {
    writeFileSync(path, JSON.stringify(packages));
  }

  beforeEach(() => write(file('package-lock.json'), lock('1.0.0')));

  it('is false without node_modules', () => {
    expect(dependenciesCurrent(checkout)).toBe(false);
  });

  it('is false for an installation that broke off', () => {
    mkdirSync(file('node_modules', 'a'), { recursive: true });
    expect(dependenciesCurrent(checkout)).toBe(false);
  });

  it('accepts an installation made by hand, without the optional packages of other platforms', () => {
    mkdirSync(file('node_modules'));
    write(file('node_modules', '.package-lock.json'), { packages: { 'node_modules/a': { version: '1.0.0' } } });
    expect(dependenciesCurrent(checkout)).toBe(true);
  });

  it.each([
    ['another version', { 'node_modules/a': { version: '0.9.0' } }],
    ['one too few', {}],
    ['one too many', { 'node_modules/a': { version: '1.0.0' }, 'node_modules/c': { version: '1.0.0' } }],
  ])('is false for an installation with %s', (_title, packages) => {
    mkdirSync(file('node_modules'));
    write(file('node_modules', '.package-lock.json'), { packages });
    expect(dependenciesCurrent(checkout)).toBe(false);
  });

  it('is false once the lock says something else', () => {
    mkdirSync(file('node_modules'));
    write(file('node_modules', '.package-lock.json'), { packages: { 'node_modules/a': { version: '1.0.0' } } });
    expect(dependenciesCurrent(checkout)).toBe(true);
    write(file('package-lock.json'), lock('2.0.0'));
    expect(dependenciesCurrent(checkout)).toBe(false);
  });
});

describe('package-lock.json', () => {
  it('holds the optional packages of every platform, without which npm ci refuses it', () => {
    const path = fileURLToPath(new URL('../../../package-lock.json', import.meta.url));
    const lock = JSON.parse(readFileSync(path, 'utf8'));
    expect(missingOptionals(lock), 'node scripts/complete-lock.mjs adds them').toEqual([]);
  });

  it('is completed by name and version, and keeps what it has', () => {
    const kept = {
      version: '1.0.0',
      optionalDependencies: { '@a/b-linux-arm64-musl': '1.0.0', '@a/b-win32-x64': '1.0.0' },
    };
    const whole = completeLock({
      packages: { '': {}, 'node_modules/b': kept, 'node_modules/@a/b-win32-x64': { version: '1.0.0' } },
    });
    expect(whole.packages['node_modules/@a/b-linux-arm64-musl']).toEqual({
      version: '1.0.0',
      cpu: ['arm64'],
      libc: ['musl'],
      optional: true,
      os: ['linux'],
    });
    expect(whole.packages['node_modules/b']).toBe(kept);
    expect(missingOptionals(whole)).toEqual([]);
  });
});

describe('published sums', () => {
  const digest = 'a'.repeat(64);

  it.each([`${digest}  tool.tar.gz`, `${digest} *tool.tar.gz`])('are read from the line %s', (line) => {
    expect(publishedDigest(`${'b'.repeat(64)}  other.tar.gz\n${line}\n`, 'tool.tar.gz')).toBe(digest);
  });

  it('are not taken from another file or a shorter digest', () => {
    expect(publishedDigest(`${digest}  tool.tar.gz.sig\nabc  tool.tar.gz`, 'tool.tar.gz')).toBeNull();
  });
});

describe('the Python environment', () => {
  it('keeps numpy below 2 beside an old torch, which cannot load it', () => {
    expect(servingPackages('1.13.0')).toContain('numpy>=1.23,<2');
    expect(servingPackages('2.2.2')).toContain('numpy>=1.23,<2');
    expect(servingPackages('2.8.0')).toContain('numpy>=1.26,<3');
  });

  it('is another one for another interpreter or another torch', () => {
    const base = { executable: '/usr/bin/python3', version: '3.11', torch: '1.13.0' };
    const keys = [base, { ...base, torch: '2.8.0' }, { ...base, executable: '/opt/python3' }].map(environmentKey);
    expect(new Set(keys).size).toBe(3);
    expect(environmentKey(base)).toBe(keys[0]);
  });
});

describe('numbers for people', () => {
  it('compares versions number by number', () => {
    expect(compareVersions('22.9.0', '22.18.0')).toBeLessThan(0);
    expect(compareVersions('v24.0.0', '22.18.0')).toBeGreaterThan(0);
    expect(compareVersions('3.14', '3.14')).toBe(0);
  });

  it('gives durations and sizes their units', () => {
    expect([850, 12_400, 185_000].map(formatDuration)).toEqual(['850 ms', '12 s', '3 min 5 s']);
    expect([1_200, 60e6, 2.8e9].map(formatBytes)).toEqual(['1 kB', '60 MB', '2.8 GB']);
  });
});
