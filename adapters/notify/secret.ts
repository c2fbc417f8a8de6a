import { readFile } from 'node:fs/promises';
import { TrainyardError } from '../../domain/errors.ts';
import type { Credentials } from '../../ports/credentials.ts';

/** A credential with its value, for as long as one message takes. */
export interface Secret {
  readonly name: string;
  readonly host: string;
  readonly username: string;
  readonly value: string;
}

/** Throws `TY_GIT_CREDENTIAL_MISSING`, `TY_NOTIFY_CREDENTIAL`. */
export async function readSecret(credentials: Credentials, name: string): Promise<Secret> {
  const { path, host, username } = await credentials.find(name);
  const text = await readFile(path, 'utf8');
  const value = /^password=(.+)$/m.exec(text)?.[1];
  if (value === undefined) throw unusable(name, host, 'it is empty');
  return { name, host, username, value };
}

/** A credential belongs to one host, and nobody else is given it. */
export function requireHost(secret: Secret, host: string): void {
  if (secret.host === host) return;
  // The host of a secret address is no secret; the rest is not said.
  throw unusable(secret.name, host, `it is for ${secret.host}, and the channel is at ${host}`);
}

export function unusable(name: string, host: string, why: string): TrainyardError {
  return new TrainyardError('TY_NOTIFY_CREDENTIAL', `credential "${name}" cannot be used for this channel`, {
    where: `credential ${name}`,
    why,
    fix: `trainyard credential set ${name} --host ${host}`,
  });
}

/** Text of the other side without what must not be kept: it may send back what it was sent. */
export function redact(text: string, secrets: readonly string[]): string {
  const longestFirst = secrets.filter((secret) => secret.length > 3).toSorted((a, b) => b.length - a.length);
  return longestFirst.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
}

/** The parts of a secret address that would give it away. */
export function partsOf(url: URL): readonly string[] {
  const segments = url.pathname.split('/').filter((part) => part.length >= 8);
  return [
    url.href,
    `${url.pathname}${url.search}`,
    ...(url.pathname.length > 1 ? [url.pathname] : []),
    ...segments,
    ...url.searchParams.values(),
  ];
}
