import { ed25519 } from '@noble/curves/ed25519.js';
import { fromBase64 } from './base64.ts';
import type { GateStatement } from './gate.ts';

/** Bytes of an Ed25519 public key and of a signature (RFC 8032). */
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/** First line of what is signed: no signature over one kind of statement is one over another. */
const GATE_DOMAIN = 'trainyard gate statement 1';
const REQUEST_DOMAIN = 'trainyard start request 1';

/** What a run's requester signs. */
export interface StartRequest {
  /** Id of the run: its workflow id. */
  readonly run: string;
  readonly actor: string;
  /** sha256, hex, of the canonical JSON of the document that starts the run. */
  readonly specDigest: string;
}

/**
 * The bytes that a signature of a gate's statement covers, UTF-8, lines ended by one LF:
 *
 * ```
 * trainyard gate statement 1
 * run 18
 * run-digits-a2b3c4x
 * gate 4
 * push
 * digest 64
 * <sha256 of the evidence, hex>
 * actor 5
 * alice
 * decision 7
 * approve
 * comment 9
 * looks well
 * ```
 *
 * Each field is its name, a blank, the number of its bytes, LF, its bytes, LF; in this order. A missing comment is the
 * one line `comment null`. Lengths in front make it unambiguous whatever a comment holds. Another format gets another
 * number in the first line.
 */
export function statementBytes(statement: Omit<GateStatement, 'signature'>): Uint8Array {
  const { run, gate, digest, actor, decision, comment } = statement;
  return fieldBytes(GATE_DOMAIN, { run, gate, digest, actor, decision, comment });
}

/** The same format for who starts a run: `trainyard start request 1`, then `run`, `actor` and `specDigest`. */
export function requesterBytes({ run, actor, specDigest }: StartRequest): Uint8Array {
  return fieldBytes(REQUEST_DOMAIN, { run, actor, specDigest });
}

/** Whether the statement is signed by one of these keys (base64 of the raw 32 bytes). Pure, synchronous, no randomness. */
export function signatureHolds(statement: GateStatement, keys: readonly string[]): boolean {
  return statement.signature !== null && isSigned(statementBytes(statement), statement.signature, keys);
}

/** Whether one of these keys signed this request to start. */
export function requesterHolds(request: StartRequest, signature: string, keys: readonly string[]): boolean {
  return isSigned(requesterBytes(request), signature, keys);
}

/** Whether a text is a public key that can be checked against: the canonical encoding of a point of full order. */
export function isPublicKey(text: string): boolean {
  const bytes = fromBase64(text, KEY_BYTES);
  if (bytes === null) return false;
  try {
    return !ed25519.Point.fromBytes(bytes, false).isSmallOrder();
  } catch {
    return false;
  }
}

/**
 * Strict RFC 8032, not the laxer ZIP 215: a key or a signature has one encoding, and a key of small order, for which
 * one signature fits many messages, is no key.
 */
function isSigned(message: Uint8Array, signature: string, keys: readonly string[]): boolean {
  const signed = fromBase64(signature, SIGNATURE_BYTES);
  if (signed === null) return false;
  return keys.some((text) => {
    const key = fromBase64(text, KEY_BYTES);
    return key !== null && ed25519.verify(signed, message, key, { zip215: false });
  });
}

function fieldBytes(domain: string, fields: Readonly<Record<string, string | null>>): Uint8Array {
  const encoder = new TextEncoder();
  const lines = Object.entries(fields).map(([name, value]) =>
    value === null ? `${name} null\n` : `${name} ${encoder.encode(value).length}\n${value}\n`,
  );
  return encoder.encode([`${domain}\n`, ...lines].join(''));
}
