import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { impossible, obtainable, present } from '../../../scripts/setup/part.mjs';
import type { Machine, Way } from '../../../scripts/setup/part.mjs';
import { prepare } from '../../../scripts/setup/plan.mjs';

let root = '';
let said: string[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'trainyard-plan-'));
  said = [];
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function machine(): Machine {
  const task = () => ({
    note: () => {},
    done: () => said.push('done'),
    fail: (why: string) => said.push(`failed: ${why}`),
  });
  const reporter = { say: (line: string) => void said.push(line), task };
  return { env: {}, root, checkout: root, platform: 'linux', arch: 'x64', isAdmin: false, reporter, found: {} };
}

function way(how: string, get: () => Promise<string>): Way {
  return { how, size: '1 MB', time: '1 s', get };
}

const lacking = impossible('gone', { message: 'gone is missing', where: 'PATH', why: 'no way', fix: 'install gone' });

describe('prepare', () => {
  it('says nothing when everything is there', async () => {
    const found = await prepare(machine(), ['one'], { one: () => present('one', '/bin/one') });
    expect(found).toEqual({ one: '/bin/one' });
    expect(said).toEqual([]);
  });

  it('gets nothing at all when one part cannot be had, and names that part with its remedy', async () => {
    let started = false;
    const get = way('from somewhere', async () => {
      started = true;
      return '/new';
    });
    const planners = {
      first: () => obtainable('first', { why: 'needed', find: () => null, ways: [get] }),
      gone: () => lacking,
    };
    await expect(prepare(machine(), ['first', 'gone'], planners)).rejects.toThrow('gone is missing');
    expect(started).toBe(false);
    expect(said.join('\n')).toContain('to get   first');
  });

  it('gets nothing when the disk has too little room for all of it', async () => {
    let started = false;
    const large: Way = {
      ...way('a large one', async () => {
        started = true;
        return '/new';
      }),
      room: 4e9,
    };
    const planners = { a: () => obtainable('a', { why: 'needed', find: () => null, ways: [large] }) };
    await expect(prepare({ ...machine(), freeBytes: 3e9 }, ['a'], planners)).rejects.toMatchObject({
      why: expect.stringContaining('4.0 GB are needed'),
    });
    expect(started).toBe(false);
  });

  it('prints the four parts of every missing piece but the last, which it throws', async () => {
    const other = impossible('too', { message: 'too is missing', where: 'here', why: 'reasons', fix: 'install too' });
    await expect(prepare(machine(), ['gone', 'too'], { gone: () => lacking, too: () => other })).rejects.toThrow(
      'too is missing',
    );
    expect(said.join('\n')).toContain(
      'error[TY_SETUP_UNOBTAINABLE]: gone is missing\n  where: PATH\n  why: no way\n  fix: install gone',
    );
  });

  it('tries the next way when one fails, and says why', async () => {
    const ways = [way('first', () => Promise.reject(new Error('broken archive'))), way('second', async () => '/made')];
    const found = await prepare(machine(), ['a'], {
      a: () => obtainable('a', { why: 'needed', find: () => null, ways }),
    });
    expect(found['a']).toBe('/made');
    expect(said).toContain('failed: broken archive');
  });

  it('reports every way that failed when none worked', async () => {
    const ways = [way('one', () => Promise.reject(new Error('x1'))), way('two', () => Promise.reject(new Error('x2')))];
    const plan = obtainable('a', { why: 'needed', find: () => null, ways });
    await expect(prepare(machine(), ['a'], { a: () => plan })).rejects.toMatchObject({
      code: 'TY_SETUP_FAILED',
      why: 'one: x1\ntwo: x2',
    });
  });

  it('takes what another process got in the meantime', async () => {
    const ways = [way('never', () => Promise.reject(new Error('must not run')))];
    const plan = obtainable('a', { why: 'needed', find: () => '/theirs', ways });
    await expect(prepare(machine(), ['a'], { a: () => plan })).resolves.toEqual({ a: '/theirs' });
  });
});
