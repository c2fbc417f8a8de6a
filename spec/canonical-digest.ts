import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

/**
 * sha256, hex, of the canonical JSON of a value as it travels: what JSON leaves out does not count. The digest of a
 * gate's evidence, and of the document that starts a run.
 */
export function canonicalDigest(value: unknown): string {
  const sent: unknown = JSON.parse(JSON.stringify(value ?? null));
  return createHash('sha256').update(canonicalJson(sent)).digest('hex');
}
