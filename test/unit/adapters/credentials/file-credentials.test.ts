import { chmod, lstat, mkdtemp, readFile, readdir, rm, symlink, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFileCredentials, credentialFolder } from '../../../../adapters/credentials/file-credentials.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ty-cred-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const forge = { name: 'forge', host: 'Git.Example:8443', username: 'bot' };

test('a secret is in one file that only its owner can read, in the words of git', async () => {
  const credentials = createFileCredentials({ folder });
  await credentials.set(forge, 's3cret');
  const found = await credentials.find('forge');
  expect(found).toEqual({
    name: 'forge',
    host: 'git.example:8443',
    username: 'bot',
    path: join(folder, 'credentials', 'forge'),
  });
  expect(await readFile(found.path, 'utf8')).toBe('username=bot\npassword=s3cret\n');
  expect((await lstat(found.path)).mode & 0o777).toBe(0o600);
  expect((await lstat(join(folder, 'credentials'))).mode & 0o777).toBe(0o700);
  expect(await readFile(`${found.path}.json`, 'utf8')).not.toContain('s3cret');
});

test('lists and deletes without showing secrets', async () => {
  const credentials = createFileCredentials({ folder });
  await credentials.set(forge, 's3cret');
  await credentials.set({ ...forge, name: 'a' }, 's3cret');
  expect(JSON.stringify(await credentials.list())).not.toContain('s3cret');
  expect((await credentials.list()).map(({ name }) => name)).toEqual(['a', 'forge']);
  expect(await credentials.delete('a')).toBe(true);
  expect(await credentials.delete('a')).toBe(false);
  expect(await readdir(join(folder, 'credentials'))).toEqual(['forge', 'forge.json']);
});

test('a missing credential is named, with the command that makes it', async () => {
  await expect(createFileCredentials({ folder }).find('nope')).rejects.toMatchObject({
    code: 'TY_GIT_CREDENTIAL_MISSING',
    details: { fix: 'trainyard credential set nope --host HOST' },
  });
});

test('a file that others can read is not used', async () => {
  const credentials = createFileCredentials({ folder });
  await credentials.set(forge, 's3cret');
  const path = join(folder, 'credentials', 'forge');
  await chmod(path, 0o640);
  await expect(credentials.find('forge')).rejects.toMatchObject({ details: { fix: `chmod 600 ${path}` } });
  await chmod(path, 0o600);
  await unlink(path);
  await symlink('/etc/hostname', path);
  await expect(credentials.find('forge')).rejects.toMatchObject({ details: { why: 'it is not a plain file' } });
});

test.each(['', 'two\nlines', 'cr\r', 'nul\0'])('refuses %j as a secret', async (secret) => {
  await expect(createFileCredentials({ folder }).set(forge, secret)).rejects.toMatchObject({ code: 'TY_CLI_USAGE' });
});

test.each(['../x', 'A', '.hidden', 'a/b', '', 'x'.repeat(64), 'x.json'])('refuses %j as a name', async (name) => {
  const credentials = createFileCredentials({ folder });
  await expect(credentials.set({ ...forge, name }, 's')).rejects.toMatchObject({ code: 'TY_CLI_USAGE' });
  await expect(credentials.find(name)).rejects.toMatchObject({ code: 'TY_CLI_USAGE' });
});

test.each(['../x', 'a b', 'https://h', 'user@h', ''])('refuses %j as a host', async (host) => {
  await expect(createFileCredentials({ folder }).set({ ...forge, host }, 's')).rejects.toMatchObject({
    code: 'TY_CLI_USAGE',
  });
});

test('keeps a pinned certificate for each host and nothing else', async () => {
  const credentials = createFileCredentials({ folder });
  const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  expect(await credentials.trustedCertificate('h:1')).toBeNull();
  const path = await credentials.trust('h:1', pem);
  expect(await credentials.trustedCertificate('H:1')).toBe(path);
  await expect(credentials.trust('h:1', 'not a certificate')).rejects.toMatchObject({ code: 'TY_CLI_USAGE' });
});

test('lies in the configuration folder of the user', () => {
  expect(credentialFolder({ XDG_CONFIG_HOME: '/c', HOME: '/h' })).toBe('/c/trainyard');
  expect(credentialFolder({ HOME: '/h' })).toBe('/h/.config/trainyard');
});
