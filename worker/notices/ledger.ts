import { type ChannelDelivery, isSettled } from '../../domain/notices/delivery.ts';
import type { Announced, Outbox } from '../../ports/outbox.ts';

/**
 * What became of notices, changed by one channel at a time: the channels of a notice share a file, and none may undo
 * what another wrote meanwhile.
 */
export class Ledger {
  readonly #outbox: Outbox;
  readonly #tails = new Map<string, Promise<unknown>>();

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** A notice that this channel is still to be told of; `null` if it is settled, gone, or told by somebody else. */
  async open(id: string, channel: string): Promise<Announced | null> {
    const found = await this.#outbox.read(id);
    const delivery = found?.deliveries?.channels.find((one) => one.channel === channel);
    return delivery?.state === 'due' ? found : null;
  }

  /** Changes what is written of a channel. Answers whether nothing of the notice is due any more. */
  async change(id: string, channel: string, next: (delivery: ChannelDelivery) => ChannelDelivery): Promise<boolean> {
    const before = this.#tails.get(id) ?? Promise.resolve();
    const work = before.then(async () => await this.#change(id, channel, next));
    const tail = work.catch(() => undefined);
    this.#tails.set(id, tail);
    try {
      return await work;
    } finally {
      if (this.#tails.get(id) === tail) this.#tails.delete(id);
    }
  }

  async #change(id: string, channel: string, next: (delivery: ChannelDelivery) => ChannelDelivery): Promise<boolean> {
    const found = await this.#outbox.read(id);
    if (found === null || found.deliveries === null) return true;
    const channels = found.deliveries.channels.map((one) => (one.channel === channel ? next(one) : one));
    const deliveries = { ...found.deliveries, channels };
    await this.#outbox.record(found.notice.run.runId, deliveries);
    return isSettled(deliveries);
  }
}
