import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { objectPath } from '../../../../adapters/git/lfs-pointer.ts';
import { takeObject } from '../../../../adapters/git/local-store.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An object with this content under the id of that one. */
function store(content: Buffer, named: Buffer = content): { readonly oid: string; readonly bytes: number } {
  const oid = createHash('sha256').update(named).digest('hex');
  const path = objectPath(join(folder, 'from'), oid);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return { oid, bytes: named.length };
}

describe('takeObject', () => {
  it.each([10, 3 << 20])('takes %i bytes as a read-only copy that shares nothing with its source', async (size) => {
    const content = Buffer.alloc(size, 5);
    const pointer = store(content);
    expect(await takeObject(join(folder, 'from'), join(folder, 'to'), pointer)).toBe(true);
    const taken = objectPath(join(folder, 'to'), pointer.oid);
    expect(readFileSync(taken).equals(content)).toBe(true);
    expect(statSync(taken).mode & 0o777).toBe(0o444);
    expect(statSync(taken).ino).not.toBe(statSync(objectPath(join(folder, 'from'), pointer.oid)).ino);
  });

  it.each([10, 3 << 20])('refuses %i bytes that are not what their id says, and leaves nothing', async (size) => {
    const pointer = store(Buffer.alloc(size, 6), Buffer.alloc(size, 5));
    expect(await takeObject(join(folder, 'from'), join(folder, 'to'), pointer)).toBe(false);
    const target = objectPath(join(folder, 'to'), pointer.oid);
    expect([target, `${target}.lock`].some((path) => existsSync(path))).toBe(false);
  });

  it('answers false for an object that is not there', async () => {
    expect(await takeObject(join(folder, 'from'), join(folder, 'to'), { oid: 'a'.repeat(64), bytes: 1 })).toBe(false);
  });
});
