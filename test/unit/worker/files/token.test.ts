import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownToken, readToken, sameToken } from '../../../../worker/files/token.ts';

let folder = '';
const file = (): string => join(folder, 'files-token');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-token-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the token of a site', () => {
  it('is made once, for its owner alone, and is the same for all who begin at once', async () => {
    const made = await Promise.all([ownToken(file()), ownToken(file()), ownToken(file())]);
    expect(new Set(made).size).toBe(1);
    expect(made[0]).toMatch(/^[\w-]{43}$/);
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect((await readFile(file(), 'utf8')).trim()).toBe(await readToken(file()));
  });

  it.each([
    ['that anybody can read', 'x'.repeat(43), 0o644],
    ['that holds too little', 'short', 0o600],
    ['that holds what no header can carry', `${'x'.repeat(43)}\r\nHost: elsewhere`, 0o600],
  ])('is refused in a file %s, and the error does not say it', async (_name, text, mode) => {
    await writeFile(file(), text);
    await chmod(file(), mode);
    const refused = await readToken(file()).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'TY_FILES_TOKEN', details: { where: file() } });
    expect(JSON.stringify(refused)).not.toContain(text);
  });

  it('is refused where there is no file', async () => {
    await expect(readToken(file())).rejects.toMatchObject({ code: 'TY_FILES_TOKEN' });
  });

  it('is compared as a whole', () => {
    expect([sameToken('abc', 'abc'), sameToken('abd', 'abc'), sameToken('', 'abc')]).toEqual([true, false, false]);
  });
});
