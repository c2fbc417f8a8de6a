import type { Say } from '../messages/texts.ts';

/** `12s`, `3m 5s`, `2h 10m`, `3d 4h`: the two largest units. */
export function duration(seconds: number, say: Say): string {
  const whole = Math.max(0, seconds);
  if (whole < 10) return say('time.seconds', { n: whole.toFixed(1) });
  if (whole < 60) return say('time.seconds', { n: Math.floor(whole) });
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) {
    return `${say('time.minutes', { n: minutes })} ${say('time.seconds', { n: Math.floor(whole % 60) })}`;
  }
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${say('time.hours', { n: hours })} ${say('time.minutes', { n: minutes % 60 })}`;
  return `${say('time.days', { n: Math.floor(hours / 24) })} ${say('time.hours', { n: hours % 24 })}`;
}

/** Seconds between two RFC 3339 times; the second one may be missing. */
export function secondsBetween(from: string, to: string | null, now: Date): number {
  const end = to === null ? now.getTime() : Date.parse(to);
  return Math.max(0, (end - Date.parse(from)) / 1000);
}

/** One unit, for lists: `5m`. */
export function age(from: string, now: Date, say: Say): string {
  const seconds = Math.floor(secondsBetween(from, null, now));
  if (seconds < 60) return say('time.seconds', { n: seconds });
  if (seconds < 3600) return say('time.minutes', { n: Math.floor(seconds / 60) });
  if (seconds < 172_800) return say('time.hours', { n: Math.floor(seconds / 3600) });
  return say('time.days', { n: Math.floor(seconds / 86_400) });
}

/** `1.5 MiB`. */
export function byteSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? 'B'}`;
}

/** A measured number in at most five characters that say something. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-3) return value.toExponential(2);
  return String(Number(value.toPrecision(4)));
}
