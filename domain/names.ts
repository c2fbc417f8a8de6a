import type { JobPurpose } from './job.ts';

/** Names of runs and jobs; every backend accepts them (`docs/decisions/0003-names.md`). */
export const NAME_PATTERN = /^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/;

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** Lower-case RFC 4648 base32 of bytes, cut to `length` characters. */
export function base32(bytes: Uint8Array, length: number): string {
  let bits = 0;
  let value = 0;
  let out = '';
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5 && out.length < length) {
      out += BASE32[(value >>> (bits - 5)) & 31];
      bits -= 5;
    }
    value &= (1 << bits) - 1;
  }
  return out;
}

/** `<name cut to 20>-<8 base32 of the run id's digest>`; `digest` is sha256 of the run id. */
export function jobPrefix(name: string, digest: Uint8Array): string {
  return `${name.slice(0, 20).replace(/-+$/, '')}-${base32(digest, 8)}`;
}

/** `<prefix>-<t|p><attempt>`, at most 34 characters for attempts below 1000. */
export function jobName(prefix: string, purpose: JobPurpose, attempt: number): string {
  return `${prefix}-${purpose === 'train' ? 't' : 'p'}${attempt}`;
}

/** Id of the activity that waits for a job, in the run's workflow. */
export function awaitId(purpose: JobPurpose, attempt: number): string {
  return `await-${purpose}-${attempt}`;
}

/** Whether a workflow id can name a run's directory as it is. */
export function isRunId(value: string): boolean {
  return /^[A-Za-z0-9][-A-Za-z0-9._]{0,99}$/.test(value) && !value.includes('..');
}
