import type { AttemptView } from '../../domain/attempt.ts';
import type { RunView } from '../../domain/run-state.ts';
import { texts } from './messages/texts.ts';
import type { Say } from './messages/texts.ts';
import type { LineStyle } from './run-lines.ts';
import { painter } from './terminal/colour.ts';
import { duration, secondsBetween } from './terminal/format.ts';
import { table } from './terminal/table.ts';
import { cleanText } from './terminal/text.ts';

const STYLES = { running: 'cyan', succeeded: 'green', failed: 'red', cancelled: 'yellow' } as const;

/** The attempts with what each cost and why it failed; nothing while all went well at the first. */
export function attemptLines({ attempts = [] }: RunView, style: LineStyle): string[] {
  const telling = attempts.some(({ attempt, phase, resumedFrom }) => attempt > 1 || phase === 'failed' || resumedFrom);
  if (!telling) return [];
  const say = texts(style.lang);
  const headings = (['attempt', 'status', 'time', 'lost', 'from', 'why'] as const).map((name) => say(`column.${name}`));
  return [
    '',
    ...table(
      headings,
      attempts.map((one) => row(one, style, say)),
    ),
  ];
}

function row(one: AttemptView, { colour, now }: LineStyle, say: Say): readonly string[] {
  const took = one.startedAt === null ? '' : duration(secondsBetween(one.startedAt, one.finishedAt, now), say);
  const from = one.resumedFrom === null ? '' : say('attempt.from', { checkpoint: cleanText(one.resumedFrom) });
  return [
    `${one.purpose} ${one.attempt}`,
    painter(colour)(STYLES[one.phase], say(`status.${one.phase}`)),
    took,
    lost(one, say),
    from,
    why(one, now, say),
  ];
}

/** `3m 5s`, and of a job with accelerators what that makes of all of them. */
function lost({ lostSeconds, lostAcceleratorSeconds }: AttemptView, say: Say): string {
  if (lostSeconds === 0) return '';
  const text = duration(lostSeconds, say);
  if (lostAcceleratorSeconds === 0) return text;
  return `${text} (${say('attempt.accelerators', { time: duration(lostAcceleratorSeconds, say) })})`;
}

function why({ cause, nextAt }: AttemptView, now: Date, say: Say): string {
  if (cause === null) return '';
  const reason = `${cause.kind}, ${say(`budget.${cause.budget}`)}: ${cleanText(cause.message).replace(/\s+/g, ' ')}`;
  if (nextAt === null || Date.parse(nextAt) <= now.getTime()) return reason;
  const wait = duration(secondsBetween(now.toISOString(), nextAt, now), say);
  return `${reason} · ${say('attempt.next', { time: wait })}`;
}
