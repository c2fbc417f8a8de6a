import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLease } from '../../../../adapters/git/lease.ts';
import { isAlive, thisProcess } from '../../../../adapters/git/processes.ts';

const signal = new AbortController().signal;
let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ty-lease-'));
  path = join(folder, 'x.lock');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('lets one holder in at a time, in the order they came', async () => {
  const log: string[] = [];
  const hold = async (name: string): Promise<void> =>
    await withLease(path, name, signal, async () => {
      log.push(`${name} in`);
      await Promise.resolve();
      log.push(`${name} out`);
    });
  await Promise.all([hold('a'), hold('b'), hold('c')]);
  expect(log).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
  expect(await readdir(folder)).toEqual([]);
});

test('lets go when the body throws', async () => {
  await expect(withLease(path, 'a', signal, async () => await Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await readdir(folder)).toEqual([]);
});

test.each([
  ['of a process that is gone', { ...thisProcess(), pid: 2 ** 22 + 1 }],
  ['of a process whose number was given away', { ...thisProcess(), start: '1' }],
])('breaks the lease %s and says so', async (_name, holder) => {
  await writeFile(path, JSON.stringify({ ...holder, operation: 'gone', nonce: 'n' }));
  expect(await withLease(path, 'b', signal, async (broken) => broken)).toBe(true);
});

test('breaks a lease that a full disk cut off', async () => {
  await writeFile(path, '{"pid":');
  expect(await withLease(path, 'b', signal, async (broken) => broken)).toBe(true);
});

test('waits for a live holder, and an abort ends the waiting', async () => {
  await writeFile(path, JSON.stringify({ ...thisProcess(), operation: 'other', nonce: 'n' }));
  const control = new AbortController();
  const waiting = withLease(path, 'b', control.signal, async () => 'in');
  const reason = new Error('enough');
  control.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  expect(await readdir(folder)).toEqual(['x.lock']);
});

test('an abort ends the waiting behind a holder of the same process', async () => {
  const { promise: finish, resolve } = Promise.withResolvers<void>();
  const first = withLease(path, 'a', signal, async () => await finish);
  const control = new AbortController();
  const second = withLease(path, 'b', control.signal, async () => 'in');
  const reason = new Error('enough');
  control.abort(reason);
  await expect(second).rejects.toBe(reason);
  resolve();
  await first;
  expect(await withLease(path, 'c', signal, async () => 'in')).toBe('in');
});

test('a holder on another machine is believed until it has been silent for a minute', async () => {
  const holder = { ...thisProcess(), host: 'elsewhere', operation: 'x', nonce: 'n' };
  expect(isAlive(holder)).toBeNull();
  await writeFile(path, JSON.stringify(holder));
  const old = new Date(Date.now() - 61_000);
  await utimes(path, old, old);
  expect(await withLease(path, 'b', signal, async (broken) => broken)).toBe(true);
});
