import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks until the answer is neither undefined, null nor false, and returns it. A question that throws has no answer
 * yet. Throws, with the last reason, after `seconds`.
 */
export async function eventually<T>(
  what: string,
  seconds: number,
  ask: () => T | Promise<T>,
): Promise<Exclude<T, undefined | null | false>> {
  const end = performance.now() + seconds * 1_000;
  let last: unknown = null;
  for (;;) {
    try {
      const answer = await ask();
      last = null;
      if (answer !== undefined && answer !== null && answer !== false) {
        return answer as Exclude<T, undefined | null | false>;
      }
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) {
      throw new Error(`${what}: not within ${seconds} s${last === null ? '' : ` (${String(last)})`}`);
    }
    await delay(100);
  }
}
