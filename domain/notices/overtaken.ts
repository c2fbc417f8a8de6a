import type { Notice } from '../notice.ts';

/** Only gates ask; what a notice merely reports stays true. */
export function canBeOvertaken({ event }: Notice): boolean {
  return event === 'gate-waiting' || event === 'gate-reminder';
}

/**
 * Whether a notice asks for what nobody can give any more: its gate is decided, shows newer evidence, or went with its
 * run.
 * @param others notices of the same run
 */
export function isOvertaken(notice: Notice, others: readonly Notice[]): boolean {
  if (!canBeOvertaken(notice)) return false;
  return others.some((other) => {
    if (other.event === 'ended') return true;
    if (other.stage !== notice.stage) return false;
    if (other.event === 'gate-decided') return Date.parse(other.at) >= Date.parse(notice.at);
    return (
      other.event === 'gate-waiting' &&
      other.gate?.offer.digest !== notice.gate?.offer.digest &&
      Date.parse(other.at) > Date.parse(notice.at)
    );
  });
}
