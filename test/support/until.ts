import { setTimeout as delay } from 'node:timers/promises';

/** Asks until it holds; a check that throws does not hold yet. At most 60 s. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  let last: unknown = null;
  for (let tries = 0; tries < 1200; tries += 1) {
    try {
      if (await holds()) return;
    } catch (error) {
      last = error;
    }
    await delay(50);
  }
  throw new Error(`it never came to hold${last === null ? '' : `: ${String(last)}`}`);
}
