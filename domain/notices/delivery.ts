import type { NoticeEvent } from '../notice.ts';
import type { RunStatus } from '../run-state.ts';

/** `due`: to be told, perhaps again. `dropped`: nobody needs it any more. `gave-up`: the channel did not take it in time. */
export type DeliveryState = 'due' | 'told' | 'dropped' | 'gave-up';

/** How it stands with one notice on one channel. Times are RFC 3339. */
export interface ChannelDelivery {
  readonly channel: string;
  readonly kind: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  /** From here on it counts how long the channel has had. */
  readonly dueAt: string;
  readonly lastAt: string | null;
  /** Not tried before. */
  readonly nextAt: string;
  /** The last words of the other side, without secrets. */
  readonly answer: string | null;
}

/** What became of a notice. Written beside it, and final once nothing is due. */
export interface NoticeDeliveries {
  readonly schema: 1;
  readonly noticeId: string;
  readonly event: NoticeEvent;
  readonly at: string;
  /** How the run of the same name before ended, as far as was known when the notice was taken up. */
  readonly before: RunStatus | null;
  readonly channels: readonly ChannelDelivery[];
}

/** What came of handing something over. */
export type Told =
  | { readonly ok: true; readonly answer: string }
  | {
      readonly ok: false;
      readonly answer: string;
      /** False: it will never be taken. */
      readonly again: boolean;
      /** How long the other side wants to be left alone, milliseconds. */
      readonly waitMs: number | null;
    };

/** How long a channel is given. Milliseconds. */
export interface Patience {
  readonly firstMs: number;
  readonly longestMs: number;
  /** From when it is due. */
  readonly giveUpMs: number;
}

export const PATIENCE: Patience = { firstMs: 2000, longestMs: 15 * 60_000, giveUpMs: 24 * 3_600_000 };

/** Longest time a channel is left alone because it says so. */
const LONGEST_ASKED_MS = 3_600_000;

/**
 * Pause before the next attempt: doubled each time, and between half of that and all of it, so that many that failed
 * together do not come back together.
 * @param failures how often it has failed in a row, at least 1
 * @param dice 0 to 1
 */
export function backoffMs(failures: number, patience: Patience, dice: number, askedMs: number | null = null): number {
  const grown = Math.min(patience.firstMs * 2 ** Math.min(failures - 1, 30), patience.longestMs);
  const own = grown * (0.5 + dice / 2);
  return Math.max(own, Math.min(askedMs ?? 0, LONGEST_ASKED_MS) * (1 + dice / 10));
}

/** Before the first attempt. */
export function firstDelivery(channel: string, kind: string, dueAt: string): ChannelDelivery {
  return { channel, kind, state: 'due', attempts: 0, dueAt, lastAt: null, nextAt: dueAt, answer: null };
}

/** After an attempt. @param nowMs since 1970 */
export function afterAttempt(
  delivery: ChannelDelivery,
  told: Told,
  nowMs: number,
  patience: Patience,
  dice: number,
): ChannelDelivery {
  const at = new Date(nowMs).toISOString();
  const attempts = delivery.attempts + 1;
  const tried = { ...delivery, attempts, lastAt: at, answer: told.answer };
  if (told.ok) return { ...tried, state: 'told' };
  if (!told.again || isOver(delivery, nowMs, patience)) return { ...tried, state: 'gave-up' };
  const nextAt = new Date(nowMs + backoffMs(attempts, patience, dice, told.waitMs)).toISOString();
  return { ...tried, nextAt };
}

/** Whether the channel has had its time, tried or not. */
export function isOver({ dueAt }: Pick<ChannelDelivery, 'dueAt'>, nowMs: number, patience: Patience): boolean {
  return nowMs - Date.parse(dueAt) >= patience.giveUpMs;
}

/** Nobody is told any more, and why. */
export function dropped(delivery: ChannelDelivery, why: string): ChannelDelivery {
  return { ...delivery, state: 'dropped', answer: why };
}

export function isSettled(deliveries: NoticeDeliveries): boolean {
  return deliveries.channels.every(({ state }) => state !== 'due');
}
