import { type FSWatcher, watch as watchFiles } from 'node:fs';
import { access, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAbandoned, withLease } from '../adapters/git/lease.ts';
import type { ChannelSettings } from '../domain/notices/channel.ts';
import { dropped, firstDelivery, isSettled, type NoticeDeliveries, PATIENCE } from '../domain/notices/delivery.ts';
import type { Patience } from '../domain/notices/delivery.ts';
import { wants } from '../domain/notices/filter.ts';
import type { Watch } from '../ports/jobs.ts';
import type { MakeChannel } from '../ports/notifier.ts';
import type { Announced, Outbox } from '../ports/outbox.ts';
import type { Logger } from './logger.ts';
import { Lane } from './notices/lane.ts';
import { Ledger } from './notices/ledger.ts';

export interface DispatchOptions {
  readonly outbox: Outbox;
  readonly channels: readonly ChannelSettings[];
  readonly makeChannel: MakeChannel;
  /** Page of a run; `null` = there is none that is known. */
  readonly pageOf: (runId: string) => string | null;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly patience?: Patience;
  /** Milliseconds between two looks where file events do not work. */
  readonly lookMs?: number;
}

const LOOK_MS = 3000;
/** How long to wait for a lease that looked free. */
const TRY_MS = 500;
/** File events come in bunches. */
const SETTLE_MS = 100;
/** Notices read at once. */
const BUNCH = 200;

/** Tells people what happens to the runs of a workspace, of all workers that share it one at a time. Never throws. */
export function dispatchNotices(options: DispatchOptions): Watch {
  const stop = new AbortController();
  const running = takeTurns(options, stop.signal).catch((error: unknown) => {
    if (!stop.signal.aborted) options.logger.error({ why: String(error) }, 'nobody is told of runs any more');
  });
  return {
    stop: async () => {
      stop.abort();
      await running;
    },
  };
}

async function takeTurns(options: DispatchOptions, signal: AbortSignal): Promise<void> {
  const { outbox, logger, lookMs = LOOK_MS } = options;
  const path = join(outbox.directory, '.lease');
  while (!signal.aborted) {
    try {
      await mkdir(outbox.directory, { recursive: true });
      if ((await isThere(path)) && !(await isAbandoned(path))) {
        await pause(lookMs, signal);
        continue;
      }
      const patience = AbortSignal.any([signal, AbortSignal.timeout(TRY_MS)]);
      await withLease(path, 'notices', patience, async () => await new Dispatcher(options, path, signal).serve());
    } catch (error) {
      // Somebody was faster, or the workspace is away: both pass.
      const timedOut = error instanceof Error && error.name === 'TimeoutError';
      if (!signal.aborted && !timedOut) logger.warn({ why: String(error) }, 'notices cannot be read');
      await pause(lookMs, signal);
    }
  }
}

/** One turn at the lease. */
class Dispatcher {
  readonly #options: DispatchOptions;
  readonly #lease: string;
  readonly #signal: AbortSignal;
  readonly #lanes: ReadonlyMap<string, Lane>;
  /** Taken up: what is due of them is in the lanes. */
  readonly #known = new Set<string>();
  #wake: () => void = () => {};

  constructor(options: DispatchOptions, lease: string, signal: AbortSignal) {
    this.#options = options;
    this.#lease = lease;
    this.#signal = signal;
    const { outbox, makeChannel, pageOf, logger, patience = PATIENCE } = options;
    const ledger = new Ledger(outbox);
    const settled = (id: string): void => void this.#known.delete(id);
    const common = { outbox, ledger, pageOf, logger, patience, settled };
    this.#lanes = new Map(
      options.channels.map((settings) => [
        settings.name,
        new Lane({ ...common, settings, channel: makeChannel(settings) }),
      ]),
    );
  }

  /** Until the signal, or until the lease is another's: this machine may have slept for longer than it lasts. */
  async serve(): Promise<void> {
    const signal = this.#signal;
    const { outbox, logger, lookMs = LOOK_MS } = this.#options;
    const mine = await readFile(this.#lease, 'utf8');
    const files = this.#watch();
    try {
      while (!signal.aborted && (await readFile(this.#lease, 'utf8').catch(() => '')) === mine) {
        const woken = this.#untilWoken(lookMs, signal);
        await this.#look().catch((error: unknown) => {
          logger.warn({ why: String(error), folder: outbox.directory }, 'notices cannot be read');
        });
        await woken;
      }
    } finally {
      files?.close();
      await Promise.all([...this.#lanes.values()].map((lane) => lane.stop()));
    }
  }

  #watch(): FSWatcher | null {
    try {
      const files = watchFiles(this.#options.outbox.directory, (_event, name) => {
        if (name === null || !name.startsWith('.')) this.#wake();
      });
      files.on('error', () => files.close());
      return files;
    } catch {
      // Then it is seen with the next look.
      return null;
    }
  }

  async #untilWoken(lookMs: number, signal: AbortSignal): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const over = new AbortController();
    await Promise.race([woken, pause(lookMs, AbortSignal.any([signal, over.signal]))]);
    over.abort();
    await pause(SETTLE_MS, signal);
  }

  async #look(): Promise<void> {
    const { outbox } = this.#options;
    const ids = await outbox.pending();
    const there = new Set(ids);
    for (const id of this.#known) {
      if (!there.has(id)) this.#leave(id);
    }
    const added = ids.filter((id) => !this.#known.has(id));
    for (let at = 0; at < added.length; at += BUNCH) await this.#takeUpAll(added.slice(at, at + BUNCH));
  }

  /** In the order in which it happened: how a run ended is compared with the one before. */
  async #takeUpAll(ids: readonly string[]): Promise<void> {
    const { outbox } = this.#options;
    const found: (Announced & { readonly id: string })[] = [];
    for (const id of ids) {
      if (this.#signal.aborted) return;
      const one = await outbox.read(id);
      if (one === null) await outbox.forget(id);
      else found.push({ id, ...one });
    }
    const sorted = found.toSorted((a, b) => a.notice.at.localeCompare(b.notice.at));
    for (const { id, ...announced } of sorted) {
      // What is left is taken up by the next one.
      if (this.#signal.aborted) return;
      await this.#takeUp(id, announced);
    }
  }

  async #takeUp(id: string, { notice, deliveries }: Announced): Promise<void> {
    const next = deliveries === null ? await this.#firstOf({ notice, deliveries }) : this.#stillWanted(deliveries);
    await this.#options.outbox.record(notice.run.runId, next);
    if (isSettled(next)) return;
    this.#known.add(id);
    for (const { channel, state, attempts, dueAt, nextAt } of next.channels) {
      if (state !== 'due') continue;
      this.#lanes.get(channel)?.add({ id, attempts, dueAt: Date.parse(dueAt), nextAt: Date.parse(nextAt) });
    }
  }

  async #firstOf({ notice }: Announced): Promise<NoticeDeliveries> {
    const { channels, outbox } = this.#options;
    const before = notice.event === 'ended' ? await outbox.noteEnd(notice) : null;
    const due = new Date(Math.max(Date.now(), Date.parse(notice.notBefore ?? '') || 0)).toISOString();
    return {
      schema: 1,
      noticeId: notice.id,
      event: notice.event,
      at: notice.at,
      before,
      channels: channels
        .filter(({ filter }) => wants(filter, notice, before))
        .map(({ name, kind }) => firstDelivery(name, kind, due)),
    };
  }

  /** What was due before the worker ended goes on, unless the settings have lost the channel. */
  #stillWanted(deliveries: NoticeDeliveries): NoticeDeliveries {
    const channels = deliveries.channels.map((delivery) =>
      delivery.state !== 'due' || this.#lanes.has(delivery.channel)
        ? delivery
        : dropped(delivery, 'the settings have no such channel any more'),
    );
    return { ...deliveries, channels };
  }

  #leave(id: string): void {
    this.#known.delete(id);
    for (const lane of this.#lanes.values()) lane.remove(id);
  }
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
