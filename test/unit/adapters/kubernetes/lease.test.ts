import { afterEach, describe, expect, it } from 'vitest';
import type { KubeApi, SendOptions } from '../../../../adapters/kubernetes/api.ts';
import { KubeFailure } from '../../../../adapters/kubernetes/failure.ts';
import { holdLease } from '../../../../adapters/kubernetes/lease.ts';
import type { WatcherLease } from '../../../../adapters/kubernetes/lease.ts';
import { until } from '../../../support/until.ts';

interface Kept {
  readonly spec: { readonly holderIdentity: string };
  readonly metadata: { readonly resourceVersion: string };
}

/** One Lease with the server's rule: a write of an old version is a conflict. */
class OneLease implements Pick<KubeApi, 'send'> {
  kept: Kept | null = null;
  refuse: KubeFailure | null = null;
  #version = 0;

  send(method: string, _path: string, options: SendOptions = {}): Promise<unknown> {
    if (this.refuse !== null) return Promise.reject(this.refuse);
    if (method === 'GET') {
      return this.kept === null ? Promise.reject(new KubeFailure(404, 'NotFound', 'none')) : Promise.resolve(this.kept);
    }
    const body = options.body as { spec: Kept['spec']; metadata: { resourceVersion?: string } };
    if (body.metadata.resourceVersion !== this.kept?.metadata.resourceVersion) {
      return Promise.reject(new KubeFailure(409, 'Conflict', 'changed meanwhile'));
    }
    return Promise.resolve(this.write(body.spec.holderIdentity));
  }

  write(holderIdentity: string): Kept {
    this.#version += 1;
    this.kept = { spec: { holderIdentity }, metadata: { resourceVersion: String(this.#version) } };
    return this.kept;
  }
}

const held: WatcherLease[] = [];
afterEach(async () => {
  for (const lease of held.splice(0)) await lease.stop();
});

async function hold(server: OneLease, note: (text: string) => void = () => {}): Promise<WatcherLease> {
  const api = { server: 'https://cluster', send: server.send.bind(server) } as unknown as KubeApi;
  const lease = await holdLease({ api, namespace: 'ml', name: 'one', durationMs: 200, renewMs: 20, note });
  held.push(lease);
  return lease;
}

describe('the lease of a watcher', () => {
  it('is held by the first that asks, and by one alone', async () => {
    const server = new OneLease();
    const [first, second] = [await hold(server), await hold(server)];
    expect([first.held(), second.held()]).toEqual([true, false]);
  });

  it('goes to the next one at once when it is given up', async () => {
    const server = new OneLease();
    const [first, second] = [await hold(server), await hold(server)];
    await first.stop();
    expect(first.held()).toBe(false);
    await until(() => second.held());
  });

  it('is taken from a holder of another machine that has not renewed it for its duration', async () => {
    const server = new OneLease();
    server.write('elsewhere_1_2_aa');
    const lease = await hold(server);
    expect(lease.held()).toBe(false);
    await until(() => lease.held());
  });

  it('is taken at once from an earlier process of this machine with the same number', async () => {
    const server = new OneLease();
    const own = await hold(server);
    const holder = server.kept?.spec.holderIdentity ?? '';
    await own.stop();
    const [host = '', pid = ''] = holder.split('_');
    server.write(`${host}_${pid}_1_aa`);
    expect((await hold(server)).held()).toBe(true);
  });

  it('runs out when the server cannot be reached', async () => {
    const server = new OneLease();
    const lease = await hold(server);
    server.refuse = new KubeFailure(null, 'ECONNREFUSED', 'away');
    expect(lease.held()).toBe(true);
    await until(() => !lease.held());
  });

  it('counts as held without the right to leases, and says what that means', async () => {
    const server = new OneLease();
    server.refuse = new KubeFailure(403, 'Forbidden', 'no');
    const notes: string[] = [];
    const lease = await hold(server, (text) => notes.push(text));
    expect(lease.held()).toBe(true);
    expect(notes).toEqual(['no right to leases: two workers of this site would write the same logs']);
  });
});
