import { afterEach, describe, expect, it } from 'vitest';
import type { KubeApi, StreamOptions } from '../../../../adapters/kubernetes/api.ts';
import { KubeFailure } from '../../../../adapters/kubernetes/failure.ts';
import { reflect } from '../../../../adapters/kubernetes/reflector.ts';
import type { Reflector } from '../../../../adapters/kubernetes/reflector.ts';
import { until } from '../../../support/until.ts';

type Step = unknown;
/** A watch: its events, and then `cut`, a failure, or the end that the server makes. */
type Watch = readonly Step[];

const pod = (name: string, version: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, uid: `uid-${name}`, resourceVersion: version, managedFields: [{ manager: 'kubelet' }] },
});
const event = (type: string, object: unknown) => ({ type, object });
const bookmark = (version: string) => event('BOOKMARK', { kind: 'Pod', metadata: { resourceVersion: version } });
const expired = event('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' });

/** A collection whose lists and watches are given in order; the last watch stays open. */
class Scripted implements KubeApi {
  readonly server = 'https://kube.test';
  readonly asked: string[] = [];
  readonly #lists: unknown[];
  readonly #watches: (Watch | KubeFailure)[];

  constructor(lists: readonly unknown[], watches: readonly (Watch | KubeFailure)[]) {
    this.#lists = [...lists];
    this.#watches = [...watches];
  }

  async send(): Promise<unknown> {
    const list = this.#lists.length > 1 ? this.#lists.shift() : this.#lists[0];
    this.asked.push('list');
    if (list instanceof KubeFailure) throw list;
    return list;
  }

  async stream(_path: string, { query, signal }: StreamOptions): Promise<AsyncIterable<Uint8Array>> {
    this.asked.push(`watch ${String(query?.['resourceVersion'])}`);
    const steps = this.#watches.shift();
    if (steps instanceof KubeFailure) throw steps;
    return chunks(steps ?? null, signal);
  }

  close(): void {}
}

async function* chunks(steps: Watch | null, signal: AbortSignal): AsyncIterable<Uint8Array> {
  for (const step of steps ?? []) {
    if (step instanceof Error) throw step;
    yield new TextEncoder().encode(`${JSON.stringify(step)}\n`);
  }
  if (steps !== null) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

const list = (version: string, ...items: readonly object[]) => ({
  apiVersion: 'v1',
  kind: 'PodList',
  metadata: { resourceVersion: version },
  items,
});

const open: Reflector[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop();
});

function follow(api: Scripted, over: Parameters<typeof reflect>[4] = {}) {
  const seen: string[] = [];
  const troubles: (string | null)[] = [];
  const quick = { minBackoffMs: 1, maxBackoffMs: 2, minWatchMs: 1, absentMs: 5, ...over };
  const sink = {
    replace: (objects: readonly { metadata: { name: string } }[]) =>
      void seen.push(`= ${objects.map(({ metadata }) => metadata.name).join(' ')}`),
    set: ({ metadata }: { metadata: { name: string } }) => void seen.push(`+ ${metadata.name}`),
    gone: ({ metadata }: { metadata: { name: string } }) => void seen.push(`- ${metadata.name}`),
    trouble: (failure: KubeFailure | null) => void troubles.push(failure === null ? null : failure.reason),
  };
  const reflector = reflect(api, '/api/v1/namespaces/ml/pods', {}, sink, quick);
  open.push(reflector);
  return { seen, troubles, reflector };
}

const cut = new KubeFailure(null, 'ECONNRESET', 'socket hang up');

describe('a reflected collection', () => {
  it('is listed, and watched from there on, without a first failure', async () => {
    const api = new Scripted(
      [list('5', pod('a', '4'))],
      [[event('ADDED', pod('b', '6')), event('DELETED', pod('a', '7'))]],
    );
    const { seen, troubles, reflector } = follow(api);
    expect(reflector.isReady).toBe(false);
    await reflector.ready;
    await until(() => seen.length === 3);
    expect(seen).toEqual(['= a', '+ b', '- a']);
    expect(api.asked.slice(0, 2)).toEqual(['list', 'watch 5']);
    expect(troubles.filter((one) => one !== null)).toEqual([]);
  });

  it('is watched on from the last thing seen when the connection is cut, and not listed again', async () => {
    const api = new Scripted([list('5')], [[event('ADDED', pod('a', '6')), cut], [bookmark('9'), cut], cut]);
    follow(api);
    await until(() => api.asked.length >= 5);
    expect(api.asked).toEqual(['list', 'watch 5', 'watch 6', 'watch 9', 'watch 9']);
  });

  it.each([
    ['as an event', [expired]],
    ['as an answer', new KubeFailure(410, 'Expired', 'too old')],
  ])('is listed again when its version is too old, told %s', async (_how, answer) => {
    const api = new Scripted([list('5', pod('a', '4')), list('20', pod('b', '19'))], [answer]);
    const { seen } = follow(api);
    await until(() => api.asked.includes('watch 20'));
    expect(seen).toEqual(['= a', '= b']);
  });

  it('is listed again when it cannot be watched on, as after a restore of the store', async () => {
    const ahead = new KubeFailure(504, 'Timeout', 'Too large resource version');
    const api = new Scripted(
      [list('500'), list('7')],
      Array.from({ length: 5 }, () => ahead),
    );
    follow(api, { maxResumes: 4 });
    await until(() => api.asked.includes('watch 7'));
    expect(api.asked.filter((one) => one === 'watch 500')).toHaveLength(5);
  });

  it('is ready though it is not there, and is there as soon as it is installed', async () => {
    const api = new Scripted([new KubeFailure(404, 'NotFound', 'no such kind'), list('3', pod('a', '2'))], []);
    const { seen, troubles, reflector } = follow(api);
    await reflector.ready;
    expect(troubles).toContain('NotFound');
    await until(() => seen.length > 0);
    expect(seen).toEqual(['= a']);
  });

  it('waits as long as a server with too many requests asks it to', async () => {
    const busy = new KubeFailure(429, 'TooManyRequests', 'later', [], 0.2);
    const api = new Scripted([list('5')], [busy]);
    follow(api);
    const began = performance.now();
    await until(() => api.asked.length === 3);
    expect(performance.now() - began).toBeGreaterThan(190);
  });

  it('pauses before it asks a server again that closes every watch at once', async () => {
    const api = new Scripted(
      [list('5')],
      Array.from({ length: 50 }, () => []),
    );
    follow(api, { minWatchMs: 50 });
    await until(() => api.asked.length >= 4);
    expect(api.asked.length).toBeLessThan(8);
  });

  it('is of whole pages, and without the record of who set which field', async () => {
    const first = { ...list('9', pod('a', '1')), metadata: { resourceVersion: '9', continue: 'more' } };
    const api = new Scripted([first, list('9', pod('b', '2'))], []);
    const objects: unknown[] = [];
    const sink = {
      replace: (all: readonly unknown[]) => void objects.push(...all),
      set: () => {},
      gone: () => {},
      trouble: () => {},
    };
    const reflector = reflect(api, '/pods', {}, sink);
    open.push(reflector);
    await reflector.ready;
    expect(objects).toHaveLength(2);
    expect(JSON.stringify(objects)).not.toContain('managedFields');
    expect(objects[0]).toMatchObject({ apiVersion: 'v1', kind: 'Pod' });
  });
});
