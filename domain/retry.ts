/**
 * Seconds to wait before a job is tried again the `retry`th time from one budget: 1, 2, 4 … at most 300, less up to
 * half of it, so that jobs that one lost node ended do not all come back at once. The same for the same `seed`: a
 * workflow that is replayed waits as long as it did.
 */
export function jobBackoffSeconds(retry: number, seed: string): number {
  const longest = Math.min(300, 2 ** Math.max(0, retry - 1));
  return Math.round(longest * (1 - jitter(`${seed}/${retry}`) / 2) * 1000) / 1000;
}

/** From 0 up to 1, by FNV-1a with a last mix: neighbouring seeds are far from each other. */
function jitter(seed: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < seed.length; at += 1) {
    hash = Math.imul(hash ^ seed.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** How long one attempt of `awaitJob` may take before the job is read again, seconds. */
export const RECONCILE_SECONDS = 600;

/** How often a parked run checks whether what it waits for is mended, seconds. */
export const PROBE_SECONDS = 300;
