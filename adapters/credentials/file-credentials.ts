import { lstat, mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { TrainyardError } from '../../domain/errors.ts';
import type { Credential, CredentialFile, Credentials } from '../../ports/credentials.ts';

const NAME = /^[a-z0-9][-a-z0-9._]{0,62}$/;
const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/;

export interface FileCredentialsOptions {
  /** Folder that holds `credentials/` and `certificates/`; see `credentialFolder`. */
  readonly folder: string;
}

/** `${XDG_CONFIG_HOME:-~/.config}/trainyard`. */
export function credentialFolder(env: Readonly<Record<string, string | undefined>>): string {
  const config = env['XDG_CONFIG_HOME'];
  return join(config === undefined || config === '' ? join(env['HOME'] ?? homedir(), '.config') : config, 'trainyard');
}

/**
 * Credentials as files of their owner alone: `credentials/<name>` in the lines git's credential helpers
 * speak, beside `<name>.json` with what is not secret.
 */
export function createFileCredentials(options: FileCredentialsOptions): Credentials {
  const secrets = join(options.folder, 'credentials');
  const certificates = join(options.folder, 'certificates');
  return {
    find: async (name) => await find(secrets, name),
    list: async () => await list(secrets),
    set: async (credential, secret) => await store(secrets, credential, secret),
    delete: async (name) => await remove(secrets, name),
    trustedCertificate: async (host) => {
      const path = join(certificates, `${fileHost(host)}.pem`);
      return (await lstat(path).catch(() => null))?.isFile() === true ? path : null;
    },
    trust: async (host, pem) => {
      if (!/^-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*$/.test(pem)) {
        throw new TrainyardError('TY_CLI_USAGE', 'this is not a certificate in PEM form', { where: host });
      }
      await mkdir(certificates, { recursive: true, mode: 0o700 });
      const path = join(certificates, `${fileHost(host)}.pem`);
      await writeFileAtomic(path, pem, { mode: 0o600 });
      return path;
    },
  };
}

async function find(folder: string, name: string): Promise<CredentialFile> {
  requireName(name);
  const path = join(folder, name);
  const found = await lstat(path).catch(() => null);
  const details = found === null ? null : await readDetails(folder, name);
  if (found === null || details === null) {
    throw new TrainyardError('TY_GIT_CREDENTIAL_MISSING', `there is no credential "${name}"`, {
      where: path,
      fix: `trainyard credential set ${name} --host HOST`,
    });
  }
  if (!found.isFile() || (found.mode & 0o077) !== 0) {
    throw new TrainyardError(
      'TY_GIT_CREDENTIAL_MISSING',
      `credential "${name}" can be read by others and is not used`,
      {
        where: path,
        why: found.isFile() ? `its mode is ${(found.mode & 0o777).toString(8)}, not 600` : 'it is not a plain file',
        fix: `chmod 600 ${path}`,
      },
    );
  }
  return { ...details, path };
}

async function list(folder: string): Promise<readonly Credential[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => NAME.test(name) && !name.endsWith('.json'));
  const details = await Promise.all(names.toSorted().map(async (name) => await readDetails(folder, name)));
  return details.filter((item) => item !== null);
}

async function store(folder: string, credential: Credential, secret: string): Promise<void> {
  const { name, username } = credential;
  const host = credential.host.toLowerCase();
  requireName(name);
  if (!HOST.test(host)) throw usage('the host is not "host" or "host:port"');
  if (username === '' || /[\u0000-\u001f\u007f]/.test(username))
    throw usage('the user name is empty or holds control characters');
  if (secret === '' || /[\n\r\0]/.test(secret)) throw usage('the secret is empty, or holds a line break or a NUL');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFileAtomic(join(folder, name), `username=${username}\npassword=${secret}\n`, { mode: 0o600 });
  await writeFileAtomic(join(folder, `${name}.json`), `${JSON.stringify({ name, host, username })}\n`, { mode: 0o600 });
}

async function remove(folder: string, name: string): Promise<boolean> {
  requireName(name);
  const existed = (await lstat(join(folder, name)).catch(() => null)) !== null;
  await rm(join(folder, name), { force: true });
  await rm(join(folder, `${name}.json`), { force: true });
  return existed;
}

async function readDetails(folder: string, name: string): Promise<Credential | null> {
  const text = await readFile(join(folder, `${name}.json`), 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return null;
    const { host, username } = value as { host?: unknown; username?: unknown };
    return typeof host === 'string' && typeof username === 'string' ? { name, host, username } : null;
  } catch {
    return null;
  }
}

function requireName(name: string): void {
  if (NAME.test(name) && !name.endsWith('.json')) return;
  throw usage(
    'the name of a credential is lower-case letters, digits, "-", "." and "_", at most 63, and does not end with .json',
  );
}

function fileHost(host: string): string {
  const lower = host.toLowerCase();
  if (!HOST.test(lower)) throw usage('the host is not "host" or "host:port"');
  return lower;
}

function usage(message: string): TrainyardError {
  return new TrainyardError('TY_CLI_USAGE', message, { where: 'credential' });
}
