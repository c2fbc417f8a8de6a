import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive, noteChild, withLock } from '../../../scripts/setup/lock.mjs';

// Above the largest pid Linux gives out.
const DEAD = 2 ** 22 + 1;

let folder = '';
let lock = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-lock-'));
  lock = join(folder, 'locks', 'part');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('withLock', () => {
  it('lets one work at a time', async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    };
    await Promise.all([withLock(lock, work, () => {}, 1), withLock(lock, work, () => {}, 1)]);
    expect(most).toBe(1);
  });

  it('leaves nothing behind, also when the work fails', async () => {
    await expect(withLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(readdirSync(join(folder, 'locks'))).toEqual([]);
  });

  it('breaks the lock of a process that is dead', async () => {
    mkdirSync(lock, { recursive: true });
    writeFileSync(join(lock, 'owner.json'), JSON.stringify({ pid: DEAD, started: '1' }));
    expect(isAlive(DEAD)).toBe(false);
    await expect(withLock(lock, async () => existsSync(join(lock, 'owner.json')))).resolves.toBe(true);
  });

  it('breaks the lock of a dead process whose pid has been given out again', async () => {
    mkdirSync(lock, { recursive: true });
    writeFileSync(join(lock, 'owner.json'), JSON.stringify({ pid: process.pid, started: 'another start' }));
    await expect(withLock(lock, async () => 'mine')).resolves.toBe('mine');
  });

  it('ends the installer that a killed setup has left running', async () => {
    const orphan = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    const ended = new Promise((resolve) => orphan.once('exit', (_code, signal) => resolve(signal)));
    await withLock(join(folder, 'other'), async () => {
      noteChild(orphan.pid);
      mkdirSync(lock, { recursive: true });
      copyFileSync(join(folder, 'other', 'child.json'), join(lock, 'child.json'));
    });
    writeFileSync(join(lock, 'owner.json'), JSON.stringify({ pid: DEAD, started: '1' }));
    await withLock(lock, async () => {});
    await expect(ended).resolves.toBe('SIGTERM');
  });
});
