import { TrainyardError } from '../../domain/errors.ts';
import { stampNanos } from '../../domain/log-text.ts';
import { parseDuration } from '../../spec/fields/duration.ts';
import type { Language } from './context.ts';
import { texts } from './messages/texts.ts';

/**
 * A moment out of `10m` (so long before `now`) or an RFC 3339 time; nanoseconds since 1970.
 * @throws TrainyardError `TY_CLI_USAGE` for anything else
 */
export function parseSince(value: string | undefined, now: Date, lang: Language): bigint | undefined {
  if (value === undefined) return undefined;
  const seconds = parseDuration(value);
  if (seconds !== null) return BigInt(now.getTime() - Math.round(seconds * 1000)) * 1_000_000n;
  const moment = stampNanos(value);
  if (moment !== null) return moment;
  throw new TrainyardError('TY_CLI_USAGE', texts(lang)('usage.badValue', { name: '--since', value }), {
    where: '--since',
    fix: '--since 10m, --since 2026-01-31T08:00:00Z',
  });
}
