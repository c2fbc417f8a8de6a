import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubeApi } from '../../../../adapters/kubernetes/api.ts';
import { KubeFailure } from '../../../../adapters/kubernetes/failure.ts';
import { parseQuantity } from '../../../../adapters/kubernetes/quantity.ts';
import { createUsageSampler } from '../../../../adapters/kubernetes/usage.ts';
import type { UsagePod } from '../../../../adapters/kubernetes/usage.ts';
import { readRunUsage } from '../../../../adapters/local/run-usage.ts';
import { readUsage } from '../../../../adapters/shared/usage.ts';

let run: string;
let jobDir: string;
let asked: unknown[][];

beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'ty-usage-'));
  jobDir = join(run, 'jobs', 'toy-t1');
  mkdirSync(jobDir, { recursive: true });
  asked = [];
});

afterEach(() => rmSync(run, { recursive: true, force: true }));

function api(answer: () => unknown): KubeApi {
  const send = (...args: unknown[]): Promise<unknown> => {
    asked.push(args);
    return Promise.resolve().then(answer);
  };
  return { send } as unknown as KubeApi;
}

const metrics = (second: number, pods: Readonly<Record<string, readonly [string, string]>>): object => ({
  items: Object.entries(pods).map(([name, [cpu, memory]]) => ({
    metadata: { name },
    timestamp: `2026-01-01T00:00:0${second}Z`,
    containers: [{ usage: { cpu, memory } }, { usage: { cpu: '10m', memory: '1Ki' } }],
  })),
});
const pod = (rank: number): UsagePod => ({ jobDir, pod: `toy-t1-${rank}`, role: 'worker', rank });

describe('usage of pods', () => {
  it('is one request for a namespace, kept where run top finds it', async () => {
    const sampler = createUsageSampler({
      api: api(() => metrics(5, { 'toy-t1-0': ['1490000000n', '3Mi'], other: ['1', '1'] })),
      namespace: 'ml',
    });
    await sampler.sample([pod(0), pod(1)]);
    expect(asked).toEqual([
      ['GET', '/apis/metrics.k8s.io/v1beta1/namespaces/ml/pods', { query: { labelSelector: 'trainyard.dev/job' } }],
    ]);
    expect(await readRunUsage(run)).toEqual([
      {
        job: 'toy-t1',
        role: 'worker',
        rank: 0,
        pid: null,
        cpu: 1.5,
        memoryBytes: 3 * 1024 * 1024 + 1024,
        peakMemoryBytes: 3 * 1024 * 1024 + 1024,
        sampledAt: '2026-01-01T00:00:05.000Z',
      },
    ]);
  });

  it('of GPUs is kept beside it, and alone where the cluster measures nothing else', async () => {
    const gpu = { devices: 1, utilization: 0.5, memoryBytes: 2 ** 30 };
    const asking: ReadonlySet<string>[] = [];
    const use = (nodes: ReadonlySet<string>) => {
      asking.push(nodes);
      return Promise.resolve(new Map([['toy-t1-0', gpu]]));
    };
    let at = Date.parse('2026-01-01T00:01:00Z');
    const none = api(() => {
      throw new KubeFailure(404, 'X', 'no');
    });
    const alone = createUsageSampler({ api: none, namespace: 'ml', gpu: use, now: () => at });
    await alone.sample([{ ...pod(0), node: 'gpu-1' }, pod(1)]);
    expect(asking).toEqual([new Set(['gpu-1'])]);
    const [only] = await readRunUsage(run);
    const nothing = { cpu: null, memoryBytes: null, peakMemoryBytes: null };
    expect(only).toMatchObject({ rank: 0, ...nothing, gpu, sampledAt: '2026-01-01T00:01:00.000Z' });
    at += 15_000;
    const both = api(() => metrics(5, { 'toy-t1-0': ['1', '3Mi'] }));
    await createUsageSampler({ api: both, namespace: 'ml', gpu: use, now: () => at }).sample([pod(0)]);
    const [later] = await readRunUsage(run);
    expect(later).toMatchObject({ cpu: 1.01, memoryBytes: 3 * 2 ** 20 + 1024, gpu });
    expect(readUsage(jobDir)).toHaveLength(2);
  });

  it('is kept once for each measurement, and remembers the peak over a restart of the worker', async () => {
    const answers = [metrics(1, { 'toy-t1-0': ['1', '9Mi'] }), metrics(2, { 'toy-t1-0': ['1', '2Mi'] })];
    for (const answer of [answers[0], answers[0], answers[1], answers[1]]) {
      await createUsageSampler({ api: api(() => answer), namespace: 'ml' }).sample([pod(0)]);
    }
    expect(readUsage(jobDir).map(({ ranks: [first] }) => [first?.memory, first?.peak])).toEqual([
      [9 * 2 ** 20 + 1024, 9 * 2 ** 20 + 1024],
      [2 * 2 ** 20 + 1024, 9 * 2 ** 20 + 1024],
    ]);
  });

  it.each([404, 403])('is absent, and not asked for again and again, where the answer is %d', async (status) => {
    let now = 0;
    const refused = api(() => {
      throw new KubeFailure(status, 'X', 'no');
    });
    const sampler = createUsageSampler({ api: refused, namespace: 'ml', now: () => now });
    await sampler.sample([pod(0)]);
    await sampler.sample([pod(0)]);
    expect(asked).toHaveLength(1);
    now = 3_600_000;
    await sampler.sample([pod(0)]);
    expect(asked).toHaveLength(2);
    expect(readUsage(jobDir)).toEqual([]);
  });

  it('is asked for again after a server that was away', async () => {
    const away = api(() => {
      throw new KubeFailure(503, 'X', 'away');
    });
    const sampler = createUsageSampler({ api: away, namespace: 'ml' });
    await sampler.sample([pod(0)]);
    await sampler.sample([pod(0)]);
    expect(asked).toHaveLength(2);
  });

  it('asks nothing when nothing runs', async () => {
    await createUsageSampler({ api: api(() => ({})), namespace: 'ml' }).sample([]);
    expect(asked).toEqual([]);
  });

  it('does without a job whose folder is gone', async () => {
    rmSync(jobDir, { recursive: true });
    const sampler = createUsageSampler({ api: api(() => metrics(1, { 'toy-t1-0': ['1', '1'] })), namespace: 'ml' });
    await expect(sampler.sample([pod(0)])).resolves.toBeUndefined();
  });
});

describe('a quantity', () => {
  it.each([
    ['250m', 0.25],
    ['1490000000n', 1.49],
    ['2', 2],
    ['0.5', 0.5],
    ['12Ki', 12_288],
    ['1Gi', 2 ** 30],
    ['3M', 3e6],
    ['1e3', 1000],
  ])('%s is %d', (text, value) => expect(parseQuantity(text)).toBeCloseTo(value, 9));

  it.each(['', 'Ki', '12Kib', '-1', 'toString', null, undefined])('%s is none', (text) =>
    expect(parseQuantity(text)).toBeNull(),
  );
});
