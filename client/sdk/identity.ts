import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { TrainyardError } from '../../domain/errors.ts';
import type { GateStatement } from '../../domain/gates/gate.ts';
import { requesterBytes, statementBytes } from '../../domain/gates/statement.ts';
import type { SignedRequester } from '../../domain/messages.ts';
import { canonicalDigest } from '../../spec/canonical-digest.ts';
import { ACTOR_PATTERN } from '../../spec/fields/gates.ts';

/** Who somebody is to Trainyard: a name, and an Ed25519 key that nobody else has. */
export interface Identity {
  readonly actor: string;
  /** Base64 of the 32 raw bytes: what the settings hold. */
  readonly publicKey: string;
  /** PKCS #8 in PEM. Never printed, never sent. */
  readonly privateKey: string;
  /** RFC 3339. */
  readonly createdAt: string;
}

/** `TRAINYARD_IDENTITY_FILE`, else `~/.config/trainyard/identity.json`. */
export function identityPath(env: Readonly<Record<string, string | undefined>>): string {
  return env['TRAINYARD_IDENTITY_FILE'] || join(env['HOME'] || homedir(), '.config', 'trainyard', 'identity.json');
}

/** A new key for a name. Throws `TY_CLI_USAGE` for a name that is none. */
export function newIdentity(actor: string, now = new Date()): Identity {
  if (!ACTOR_PATTERN.test(actor)) {
    throw new TrainyardError(
      'TY_CLI_USAGE',
      `"${actor}" is not a name of letters, digits, "-", ".", "_", "@" and "+"`,
      {
        where: 'NAME',
        fix: 'trainyard identity create NAME',
      },
    );
  }
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  return { actor, publicKey: publicKeyOf(pem), privateKey: pem, createdAt: now.toISOString() };
}

/** The statement with the identity's signature; its actor must be the identity's. */
export function signStatement(identity: Identity, statement: Omit<GateStatement, 'signature'>): GateStatement {
  return { ...statement, signature: signed(identity, statementBytes(statement)) };
}

/** What goes with a run that this identity starts: over its id and its document as it is sent. */
export function signStart(identity: Identity, run: string, document: unknown): SignedRequester {
  const { actor } = identity;
  return { actor, signature: signed(identity, requesterBytes({ run, actor, specDigest: canonicalDigest(document) })) };
}

/**
 * The identity of a file; `null` if there is none.
 * @throws TrainyardError `TY_IDENTITY_INVALID` where it is broken, or others may read it
 */
export async function readIdentity(path: string): Promise<Identity | null> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return null;
    throw invalid(path, 'it cannot be read', error);
  });
  if (text === null) return null;
  if (((await stat(path)).mode & 0o077) !== 0) throw invalid(path, 'others than its owner may use it');
  const identity = parse(text);
  if (identity === null) throw invalid(path, 'it is not what trainyard identity create writes');
  return identity;
}

/** Writes a new file, for its owner alone. Throws `TY_IDENTITY_EXISTS`: a key is never overwritten. */
export async function writeIdentity(path: string, identity: Identity): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const beside = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(beside, 'wx', 0o600);
  try {
    await file.writeFile(`${JSON.stringify({ schema: 1, ...identity }, null, 2)}\n`);
    await file.sync();
    // A link, unlike a rename, fails where a file is; and nobody ever sees half a key.
    await link(beside, path);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    throw new TrainyardError('TY_IDENTITY_EXISTS', 'there is an identity already', {
      where: path,
      why: 'overwriting it would lose a key that others trust',
      fix: 'trainyard identity show; to replace it, move the file away first',
    });
  } finally {
    await file.close();
    await unlink(beside);
  }
}

function parse(text: string): Identity | null {
  try {
    const { actor, publicKey, privateKey, createdAt } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (typeof actor !== 'string' || !ACTOR_PATTERN.test(actor)) return null;
    if (typeof privateKey !== 'string' || publicKeyOf(privateKey) !== publicKey) return null;
    return { actor, publicKey, privateKey, createdAt: typeof createdAt === 'string' ? createdAt : '' };
  } catch {
    // Whatever a library says about a key may quote it.
    return null;
  }
}

function publicKeyOf(pem: string): string {
  const key = createPublicKey(createPrivateKey(pem));
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('not an Ed25519 key');
  // The last 32 bytes of the DER are the key itself (RFC 8410).
  return key.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64');
}

function signed({ privateKey }: Identity, bytes: Uint8Array): string {
  return sign(null, bytes, createPrivateKey(privateKey)).toString('base64');
}

function invalid(path: string, why: string, cause?: unknown): TrainyardError {
  return new TrainyardError('TY_IDENTITY_INVALID', 'the identity cannot be used', { where: path, why }, cause);
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
