import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doctorFindings } from '../../../../adapters/tools/doctor.ts';
import type { ToolFinding } from '../../../../adapters/tools/doctor.ts';
import type { Probe } from '../../../../adapters/tools/probe.ts';
import { atLeast, gitIsPatched, versionIn } from '../../../../adapters/tools/versions.ts';

const GIB = 2 ** 30;

const HEALTHY: Readonly<Record<string, string | null>> = {
  git: 'git version 2.50.1',
  'git-lfs': 'git-lfs/3.7.1 (GitHub; linux amd64; go 1.26.0)',
  temporal: 'temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)',
  python3: 'torch 2.8.0\nkserve 0.21.0',
  'dpkg-query': null,
};

let home = '';

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'trainyard-doctor-'));
  mkdirSync(join(home, 'bin'));
  for (const name of ['git', 'git-lfs', 'temporal', 'python3']) {
    writeFileSync(join(home, 'bin', name), '');
    chmodSync(join(home, 'bin', name), 0o755);
  }
});

afterAll(() => {
  rmSync(home, { recursive: true, force: true });
});

interface Machine {
  readonly answers?: Readonly<Record<string, string | null>>;
  readonly free?: number | Error;
  readonly node?: string;
  readonly path?: string;
}

async function examine(machine: Machine): Promise<ReadonlyMap<string, ToolFinding>> {
  const answers = { ...HEALTHY, ...machine.answers };
  const probe: Probe = {
    output: async (program) => answers[basename(program)] ?? null,
    freeBytes: async () => {
      if (machine.free instanceof Error) throw machine.free;
      return machine.free ?? 100 * GIB;
    },
    nodeVersion: machine.node ?? '24.1.0',
  };
  const findings = await doctorFindings({ HOME: home, PATH: machine.path ?? join(home, 'bin') }, home, probe);
  return new Map(findings.map((finding) => [finding.name, finding]));
}

describe('doctorFindings', () => {
  it('has nothing to mend on a healthy machine', async () => {
    const findings = [...(await examine({})).values()];
    expect(findings.map((finding) => finding.name)).toEqual(['node', 'git', 'git-lfs', 'temporal', 'python', 'disk']);
    expect(findings.filter((finding) => finding.state !== 'ok' || finding.fix !== null)).toEqual([]);
  });

  it('names each program that is missing, with a command that gets it', async () => {
    const findings = await examine({ path: '' });
    for (const name of ['git', 'git-lfs', 'temporal', 'python']) {
      expect(findings.get(name), name).toMatchObject({
        state: 'missing',
        fix: expect.stringMatching(/npm run setup|install git/),
      });
    }
  });

  const cases: readonly (readonly [string, string, Machine, Partial<ToolFinding>])[] = [
    ['an old Node', 'node', { node: '20.20.2' }, { state: 'missing', fix: 'npm run setup' }],
    ['a git below the floor', 'git', { answers: { git: 'git version 2.30.2' } }, { state: 'missing' }],
    ['a git with a known hole', 'git', { answers: { git: 'git version 2.45.1' } }, { state: 'warn' }],
    ['an LFS below the floor', 'git-lfs', { answers: { 'git-lfs': 'git-lfs/2.13.2 (GitHub)' } }, { state: 'missing' }],
    ['an LFS with a known hole', 'git-lfs', { answers: { 'git-lfs': 'git-lfs/3.6.0 (GitHub)' } }, { state: 'warn' }],
    ['a Temporal that does not run', 'temporal', { answers: { temporal: null } }, { state: 'missing' }],
    [
      'a Python without torch',
      'python',
      { answers: { python3: 'torch -\nkserve 0.21.0' } },
      { state: 'missing', fix: 'npm run setup' },
    ],
    [
      'a disk that is nearly full',
      'disk',
      { free: 3 * GIB },
      { state: 'warn', found: expect.stringContaining('3.0 GiB') },
    ],
    ['a full disk', 'disk', { free: GIB / 2 }, { state: 'missing' }],
    ['a folder that cannot be read', 'disk', { free: new Error('ENOENT') }, { state: 'warn' }],
  ];

  it.each(cases)('reports %s', async (_title, name, machine, expected) => {
    const finding = (await examine(machine)).get(name);
    expect(finding).toMatchObject(expected);
    expect(finding?.fix).not.toBeNull();
  });

  it('says which of the Python modules is missing', async () => {
    const finding = (await examine({ answers: { python3: 'torch 2.8.0\nkserve -' } })).get('python');
    expect(finding?.found).toContain('kserve');
    expect(finding?.found).not.toContain('torch');
  });
});

describe('versions', () => {
  it('compares number by number and not as text', () => {
    expect(atLeast('2.100.0', '2.39.0')).toBe(true);
    expect(atLeast('2.9', '2.39.0')).toBe(false);
    expect(atLeast('22.18.0', '22.18.0')).toBe(true);
  });

  it.each([
    ['2.43.6', false],
    ['2.43.7', true],
    ['2.44.0', false],
    ['2.50.0', false],
    ['2.51.0', true],
    ['2.39.5', false],
  ] as const)('knows whether git %s carries the fix', (version, patched) => {
    expect(gitIsPatched(version)).toBe(patched);
  });

  it('finds the number in what programs print', () => {
    expect(versionIn('git version 2.39.5 (Apple Git-154)')).toBe('2.39.5');
    expect(versionIn('unknown')).toBeNull();
  });
});
