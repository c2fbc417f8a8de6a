import { setTimeout as sleep } from 'node:timers/promises';
import { toReport } from '../../domain/errors.ts';
import type { Notice } from '../../domain/notice.ts';
import type { ChannelSettings } from '../../domain/notices/channel.ts';
import { afterAttempt, backoffMs, dropped, isOver, type Patience, type Told } from '../../domain/notices/delivery.ts';
import { canBeOvertaken, isOvertaken } from '../../domain/notices/overtaken.ts';
import { crashPoint } from '../../ports/crash-point.ts';
import type { Channel, Message } from '../../ports/notifier.ts';
import type { Outbox } from '../../ports/outbox.ts';
import type { Logger } from '../logger.ts';
import type { Ledger } from './ledger.ts';
import { toMessage } from './to-message.ts';

export interface LaneOptions {
  readonly settings: ChannelSettings;
  readonly channel: Channel;
  readonly outbox: Outbox;
  readonly ledger: Ledger;
  readonly pageOf: (runId: string) => string | null;
  readonly patience: Patience;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** A notice of which nothing is due any more. */
  readonly settled: (id: string) => void;
}

/** A notice on its way to this channel. Milliseconds since 1970. */
interface Due {
  readonly id: string;
  readonly dueAt: number;
  readonly nextAt: number;
  readonly attempts: number;
}

/** Timers take no longer span than 24 days. */
const LONGEST_SLEEP_MS = 3_600_000;
/** What happens together is seen one by one: time for it to come together. */
const GATHER_MS = 250;
/** What is under way when the worker stops may end. */
const GRACE_MS = 3000;

/** One channel: one message at a time, in its own pace, whatever happens on the others. */
export class Lane {
  readonly #options: LaneOptions;
  readonly #due = new Map<string, Due>();
  /** Handed over, but not written down: a full disk must not have it handed over again and again. */
  readonly #unwritten = new Map<string, Told>();
  readonly #stop = new AbortController();
  readonly #cut = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #openAt = 0;
  #failures = 0;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  add(due: Due): void {
    if (this.#due.size === 0 && this.#options.channel.batch > 1) {
      this.#openAt = Math.max(this.#openAt, Date.now() + GATHER_MS);
    }
    this.#due.set(due.id, due);
    this.#plan();
  }

  remove(id: string): void {
    this.#due.delete(id);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    const cut = setTimeout(() => this.#cut.abort(), GRACE_MS);
    await this.#running;
    clearTimeout(cut);
  }

  #plan(): void {
    if (this.#stop.signal.aborted || this.#running !== null) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const first = this.#first();
    if (first === null) return;
    const wait = Math.max(first.nextAt, this.#openAt) - Date.now();
    this.#timer = setTimeout(() => this.#go(), Math.min(Math.max(wait, 0), LONGEST_SLEEP_MS));
  }

  #go(): void {
    if (this.#running !== null || this.#stop.signal.aborted) return;
    this.#running = this.#turn()
      .catch(async (error: unknown) => {
        // The workspace could not be read or written; nothing else throws here.
        this.#options.logger.warn({ channel: this.#options.settings.name, why: String(error) }, 'notices wait');
        await sleep(this.#options.patience.firstMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      })
      .finally(() => {
        this.#running = null;
        this.#plan();
      });
  }

  async #turn(): Promise<void> {
    const now = Date.now();
    if (now < this.#openAt) return;
    for (const [id, told] of this.#unwritten) await this.#note(id, told);
    const messages: Message[] = [];
    for (const due of this.#pick(now)) {
      const message = await this.#prepare(due);
      if (message !== null) messages.push(message);
    }
    const [first, ...others] = messages;
    if (first === undefined) return;
    crashPoint('notice.before-send');
    const told = await this.#tell([first, ...others]);
    // Broken off by the worker's end: the next one begins anew.
    if (!told.ok && this.#cut.signal.aborted) return;
    crashPoint('notice.sent');
    this.#pause(told);
    for (const { id } of messages) this.#unwritten.set(id, told);
    for (const { id } of messages) await this.#note(id, told);
    if (!told.ok) await this.#giveUpOld();
  }

  /** The one that has waited longest; with it others that were never tried, so that one bad one holds up no other. */
  #pick(now: number): readonly Due[] {
    const first = this.#first();
    if (first === null || first.nextAt > now) return [];
    if (first.attempts > 0) return [first];
    return [...this.#due.values()]
      .filter(({ attempts, nextAt }) => attempts === 0 && nextAt <= now)
      .toSorted((a, b) => a.nextAt - b.nextAt)
      .slice(0, this.#options.channel.batch);
  }

  #first(): Due | null {
    let first: Due | null = null;
    for (const due of this.#due.values()) {
      if (first === null || due.nextAt < first.nextAt) first = due;
    }
    return first;
  }

  async #prepare({ id }: Due): Promise<Message | null> {
    const { ledger, settings, pageOf } = this.#options;
    const found = await ledger.open(id, settings.name);
    if (found === null) {
      this.#due.delete(id);
      return null;
    }
    const { notice } = found;
    if (canBeOvertaken(notice) && isOvertaken(notice, await this.#othersOf(notice))) {
      await this.#change(id, (delivery) => dropped(delivery, 'the gate was decided first'));
      return null;
    }
    return toMessage(notice, settings, pageOf(notice.run.runId));
  }

  async #othersOf({ run }: Notice): Promise<readonly Notice[]> {
    const all = await this.#options.outbox.ofRun(run.runId);
    return all.map(({ notice }) => notice);
  }

  async #tell(messages: readonly [Message, ...Message[]]): Promise<Told> {
    try {
      return await this.#options.channel.tell(messages, this.#cut.signal);
    } catch (error) {
      // A secret that is missing or does not fit: somebody may mend that while it waits.
      const { code, message, why } = toReport(error);
      const answer = why === undefined ? `${code}: ${message}` : `${code}: ${message}: ${why}`;
      return { ok: false, again: true, waitMs: null, answer };
    }
  }

  #pause(told: Told): void {
    const { patience, channel, settings } = this.#options;
    const now = Date.now();
    const spacing = Math.max(channel.spacingMs, settings.minSpacingSeconds * 1000);
    if (told.ok) {
      this.#failures = 0;
      this.#openAt = now + spacing;
      return;
    }
    this.#failures += 1;
    this.#openAt = now + Math.max(spacing, backoffMs(this.#failures, patience, Math.random(), told.waitMs));
  }

  async #note(id: string, told: Told): Promise<void> {
    const { patience, settings, logger } = this.#options;
    const facts = { channel: settings.name, notice: id, answer: told.answer };
    if (told.ok) logger.info(facts, 'people were told');
    else logger.warn(facts, 'a channel did not take a notice');
    await this.#change(id, (delivery) => {
      const next = afterAttempt(delivery, told, Date.now(), patience, Math.random());
      if (next.state === 'gave-up') logger.error({ ...facts, attempts: next.attempts }, 'a notice was given up');
      return next;
    });
    this.#unwritten.delete(id);
  }

  /** A channel that is down for long must not keep what nobody tried either. */
  async #giveUpOld(): Promise<void> {
    const { patience, settings, logger } = this.#options;
    const now = Date.now();
    for (const { id, dueAt } of this.#due.values()) {
      if (!isOver({ dueAt: new Date(dueAt).toISOString() }, now, patience)) continue;
      logger.error({ channel: settings.name, notice: id }, 'a notice was given up');
      await this.#change(id, (one) => ({ ...one, state: 'gave-up', answer: one.answer ?? 'the channel is down' }));
    }
  }

  async #change(id: string, next: Parameters<Ledger['change']>[2]): Promise<void> {
    const { ledger, settings } = this.#options;
    let due: Due | null = null;
    const settled = await ledger.change(id, settings.name, (delivery) => {
      const after = next(delivery);
      const { attempts, state } = after;
      if (state === 'due') {
        due = { id, attempts, dueAt: Date.parse(after.dueAt), nextAt: Date.parse(after.nextAt) };
      }
      return after;
    });
    if (due === null) this.#due.delete(id);
    else this.#due.set(id, due);
    if (settled) this.#options.settled(id);
  }
}
