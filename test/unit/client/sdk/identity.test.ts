import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identityPath, newIdentity, readIdentity, writeIdentity } from '../../../../client/sdk/identity.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'identity-'));
  file = join(folder, 'config', 'trainyard', 'identity.json');
});
afterEach(() => rm(folder, { recursive: true }));

describe('an identity', () => {
  it('is read as it was written, by its owner alone', async () => {
    const alice = newIdentity('alice@example.com');
    await writeIdentity(file, alice);
    expect(await readIdentity(file)).toEqual(alice);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'config', 'trainyard'))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(folder, 'config', 'trainyard'))).toEqual(['identity.json']);
  });

  it('is never overwritten', async () => {
    const alice = newIdentity('alice');
    await writeIdentity(file, alice);
    await expect(writeIdentity(file, newIdentity('bob'))).rejects.toMatchObject({ code: 'TY_IDENTITY_EXISTS' });
    expect(await readIdentity(file)).toEqual(alice);
    expect(await readdir(join(folder, 'config', 'trainyard'))).toEqual(['identity.json']);
  });

  it('is none where there is no file', async () => {
    expect(await readIdentity(file)).toBeNull();
  });

  it('is refused where others may read it', async () => {
    await writeIdentity(file, newIdentity('alice'));
    await chmod(file, 0o640);
    await expect(readIdentity(file)).rejects.toMatchObject({ code: 'TY_IDENTITY_INVALID', details: { where: file } });
  });

  it('is refused when it is broken, without a word of the key', async () => {
    const alice = newIdentity('alice');
    await writeIdentity(file, alice);
    const text = await readFile(file, 'utf8');
    const secret = alice.privateKey.split('\n')[1] ?? '';
    for (const broken of [
      text.slice(0, -20),
      text.replace('"alice"', '"al ice"'),
      text.replace(alice.publicKey, newIdentity('bob').publicKey),
      text.replace('PRIVATE KEY', 'KEY'),
      'null',
    ]) {
      await writeFile(file, broken);
      const error: unknown = await readIdentity(file).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'TY_IDENTITY_INVALID' });
      expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toContain(secret);
    }
  });

  it.each(['', 'a b', '-x', 'group:x', 'a/b', '../x'])('has no name such as %j', (name) => {
    expect(() => newIdentity(name)).toThrow(/is not a name/);
  });

  it('is looked for where the environment says, else beside the settings', () => {
    expect(identityPath({ HOME: '/home/x' })).toBe('/home/x/.config/trainyard/identity.json');
    expect(identityPath({ HOME: '/home/x', TRAINYARD_IDENTITY_FILE: '/secrets/bot.json' })).toBe('/secrets/bot.json');
  });
});
