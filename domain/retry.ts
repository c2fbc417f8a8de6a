/** Seconds to wait before attempt `attempt + 1` of a job that the infrastructure ended: 1, 2, 4 … at most 300. */
export function jobBackoffSeconds(attempt: number): number {
  return Math.min(300, 2 ** Math.max(0, attempt - 1));
}

/** How long one attempt of `awaitJob` may take before the job is read again, seconds. */
export const RECONCILE_SECONDS = 600;

/** How often a parked run checks whether what it waits for is mended, seconds. */
export const PROBE_SECONDS = 300;
