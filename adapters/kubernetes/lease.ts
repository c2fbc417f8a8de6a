import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { textAt } from '../../domain/json.ts';
import type { KubeApi } from './api.ts';
import { KubeFailure, isGone } from './failure.ts';
import { WRITE } from './create.ts';
import { collectionPath, objectPath } from './paths.ts';
import type { KindRef } from './paths.ts';

const LEASES: KindRef = { group: 'coordination.k8s.io', version: 'v1', resource: 'leases' };

/** Tells this process from an earlier one of the same number. */
const STARTED = String(Math.round(performance.timeOrigin));

/** Who of a site's workers ends what is overdue and writes the logs. */
export interface WatcherLease {
  held(): boolean;
  /** Gives it up, so that the next one need not wait. */
  stop(): Promise<void>;
}

export interface LeaseOptions {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly name: string;
  /** A holder that has not renewed for so long is gone, milliseconds. */
  readonly durationMs?: number;
  readonly renewMs?: number;
  readonly note?: (text: string) => void;
}

/**
 * Holds a Lease of the namespace as leader election does: the time a holder has left is taken from when its renewal was
 * seen here, never from another machine's clock. Without the right to leases every worker counts as the only one.
 * Source: `coordination.k8s.io/v1` Lease, and leader election of client-go.
 */
export async function holdLease(options: LeaseOptions): Promise<WatcherLease> {
  const holder = new Holder(options);
  await holder.turn();
  return holder;
}

class Holder implements WatcherLease {
  readonly #options: LeaseOptions;
  readonly #durationMs: number;
  readonly #renewMs: number;
  readonly #identity = `${hostname()}_${process.pid}_${STARTED}_${randomBytes(4).toString('hex')}`;
  readonly #abort = new AbortController();
  readonly #running: Promise<void>;
  #renewedAt = -Infinity;
  #alone = false;
  #seen = { version: '', at: 0 };

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#durationMs = options.durationMs ?? 15_000;
    this.#renewMs = options.renewMs ?? 4000;
    this.#running = this.#loop();
  }

  held(): boolean {
    return this.#alone || performance.now() - this.#renewedAt < this.#durationMs;
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    if (this.#alone || !this.held()) return;
    const { api, namespace, name } = this.#options;
    this.#renewedAt = -Infinity;
    const live = await api.send('GET', objectPath(LEASES, namespace, name)).catch(() => null);
    if (textAt(live, 'spec', 'holderIdentity') === this.#identity) await this.#write(live, '').catch(() => undefined);
  }

  async #loop(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      await sleep(this.#renewMs, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await this.turn();
    }
  }

  /** Renews it, takes it when nobody has it, or notes that somebody has. */
  async turn(): Promise<void> {
    try {
      await this.#turn();
    } catch (error) {
      if (!(error instanceof KubeFailure)) throw error;
      // Somebody was faster, or the server is away: then the time that is left runs out by itself.
      if (error.status !== 403) return;
      if (!this.#alone) this.#options.note?.('no right to leases: two workers of this site would write the same logs');
      this.#alone = true;
    }
  }

  async #turn(): Promise<void> {
    const { api, namespace, name } = this.#options;
    const live = await api.send('GET', objectPath(LEASES, namespace, name)).catch((error: unknown) => {
      if (isGone(error)) return null;
      throw error;
    });
    this.#alone = false;
    const holder = textAt(live, 'spec', 'holderIdentity');
    const version = textAt(live, 'metadata', 'resourceVersion') ?? '';
    if (version !== this.#seen.version) this.#seen = { version, at: performance.now() };
    const free = holder === null || holder === this.#identity || this.#isDead(holder);
    if (!free && performance.now() - this.#seen.at < this.#durationMs) return;
    const from = performance.now();
    await this.#write(live, this.#identity);
    this.#renewedAt = from;
  }

  async #write(live: unknown, holderIdentity: string): Promise<void> {
    const { api, namespace, name } = this.#options;
    const spec = {
      holderIdentity,
      leaseDurationSeconds: Math.ceil(this.#durationMs / 1000),
      // With microseconds, as the API has it.
      renewTime: new Date().toISOString().replace('Z', '000Z'),
    };
    const resourceVersion = textAt(live, 'metadata', 'resourceVersion');
    const metadata = { name, namespace, ...(resourceVersion === null ? {} : { resourceVersion }) };
    const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
    if (live === null) await api.send('POST', collectionPath(LEASES, namespace), { query: WRITE, body });
    else await api.send('PUT', objectPath(LEASES, namespace, name), { query: WRITE, body });
  }

  /** A worker of this machine whose process is gone cannot come back for it. */
  #isDead(holder: string): boolean {
    const [host, pid, started] = holder.split('_');
    if (host !== hostname()) return false;
    // The first process of a container always has the same number.
    if (Number(pid) === process.pid) return started !== STARTED;
    try {
      process.kill(Number(pid), 0);
      return false;
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'ESRCH';
    }
  }
}
