import { z } from 'zod';

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
const PART = /(\d+(?:\.\d+)?)([smhd])/g;
const WHOLE = /^(?:\d+(?:\.\d+)?[smhd])+$/;
/** A hundred years: anything longer is a slip of the pen, and timers must stay exact integers. */
const LONGEST = 100 * 365 * 86_400;

export const DURATION_HINT = 'must be a duration such as 90s, 30m, 1h30m or 72h';

/** Seconds of `90s`, `30m`, `1h30m`, `72h`, `30d`; `null` if the text is none. */
export function parseDuration(text: string): number | null {
  if (!WHOLE.test(text)) return null;
  let total = 0;
  for (const [, amount = '', unit = ''] of text.matchAll(PART)) total += Number(amount) * (SECONDS[unit] ?? 0);
  return total <= LONGEST ? total : null;
}

/** A span of time; parsed to seconds. A number is taken as seconds. */
export const duration = z
  .union([z.string().regex(WHOLE, { error: DURATION_HINT }), z.number().min(0, { error: DURATION_HINT })], {
    error: DURATION_HINT,
  })
  .transform((value, ctx): number => {
    const seconds = typeof value === 'string' ? parseDuration(value) : value;
    if (seconds !== null && seconds >= 0 && seconds <= LONGEST) return seconds;
    ctx.addIssue({ code: 'custom', message: DURATION_HINT });
    return z.NEVER;
  })
  .meta({ label: 'duration' });
