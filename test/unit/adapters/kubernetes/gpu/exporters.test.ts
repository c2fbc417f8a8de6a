import { describe, expect, it } from 'vitest';
import type { KubeApi } from '../../../../../adapters/kubernetes/api.ts';
import { KubeFailure } from '../../../../../adapters/kubernetes/failure.ts';
import { createGpuReader } from '../../../../../adapters/kubernetes/gpu/exporters.ts';
import { dcgmText } from '../../../../support/gpu-texts.ts';

const endpoint = (pod: string, nodeName: string, ready = true) => ({
  nodeName,
  conditions: { ready },
  targetRef: { kind: 'Pod', name: pod },
});
const SLICES = {
  items: [
    {
      ports: [{ name: 'metrics', port: 9400 }],
      endpoints: [endpoint('dcgm-a', 'gpu-1'), endpoint('dcgm-b', 'gpu-2'), endpoint('dcgm-c', 'gpu-1', false)],
    },
  ],
};
const LIST = '/apis/discovery.k8s.io/v1/namespaces/gpu-operator/endpointslices';
const PROXY = '/api/v1/namespaces/gpu-operator/pods';
const NODES = new Set(['gpu-1']);

interface Scripted {
  readonly slices?: () => unknown;
  readonly text?: (path: string) => string;
  readonly port?: number;
}

function reader({ slices = () => SLICES, text = () => dcgmText('toy-t1-0', 'ml'), port }: Scripted) {
  const asked: string[] = [];
  const notes: string[] = [];
  let now = 0;
  const api = {
    send: (_method: string, path: string, { query }: { query: Record<string, string> }) => {
      asked.push(`${path}?${query['labelSelector']}`);
      return Promise.resolve().then(slices);
    },
    stream: (path: string) => {
      asked.push(path);
      return Promise.resolve().then(async function* () {
        yield Buffer.from(text(path));
      });
    },
  } as unknown as KubeApi;
  const services = [{ namespace: 'gpu-operator', name: 'dcgm', port: port ?? null }];
  const read = createGpuReader({
    api,
    namespace: 'ml',
    services,
    note: (note) => void notes.push(note),
    now: () => now,
  });
  return { read, asked, notes, wait: (ms: number) => void (now += ms) };
}

const refuse = (status: number) => () => {
  throw new KubeFailure(status, 'Forbidden', 'pods is forbidden');
};

describe('exporters of GPU figures', () => {
  it('are asked one by one through the API server, those beside ranks alone', async () => {
    const { read, asked, notes } = reader({});
    expect((await read(NODES)).get('toy-t1-0')).toMatchObject({ devices: 2 });
    expect(asked).toEqual([`${LIST}?kubernetes.io/service-name=dcgm`, `${PROXY}/dcgm-a%3A9400/proxy/metrics`]);
    expect(notes).toEqual([]);
  });

  it('are asked at the port that the settings name', async () => {
    const { read, asked } = reader({ port: 9394 });
    await read(NODES);
    expect(asked[1]).toContain('/dcgm-a%3A9394/');
  });

  it('are looked for once a minute', async () => {
    const { read, asked, wait } = reader({});
    for (const ms of [0, 15_000, 15_000, 40_000]) {
      wait(ms);
      await read(NODES);
    }
    expect(asked.filter((path) => path.startsWith(LIST))).toHaveLength(2);
  });

  it('that may not be asked are left alone for a while, and the log has once what mends it', async () => {
    const { read, asked, notes, wait } = reader({ slices: refuse(403) });
    for (let tries = 0; tries < 3; tries += 1) expect((await read(NODES)).size).toBe(0);
    expect(asked).toHaveLength(1);
    expect(notes).toEqual([expect.stringContaining('trainyard rbac --gpu-metrics gpu-operator')]);
    wait(3_600_000);
    await read(NODES);
    expect(asked).toHaveLength(2);
    expect(notes).toHaveLength(1);
  });

  it('that are not there are no failure', async () => {
    const { read, notes } = reader({ slices: () => ({ items: [] }) });
    expect((await read(NODES)).size).toBe(0);
    expect(notes).toEqual(['no GPU use from gpu-operator/dcgm: no exporter of this Service is ready']);
  });

  it('that break are looked for anew', async () => {
    let broken = true;
    const text = (): string => {
      if (!broken) return dcgmText('toy-t1-0', 'ml');
      throw new KubeFailure(503, 'X', 'away');
    };
    const { read } = reader({ text });
    expect((await read(NODES)).size).toBe(0);
    broken = false;
    expect((await read(NODES)).size).toBeGreaterThan(0);
  });

  it('that tell without end are cut off', async () => {
    const { read, notes } = reader({ text: () => 'x'.repeat(17 * 1024 * 1024) });
    expect((await read(NODES)).size).toBe(0);
    expect(notes[0]).toContain('more than');
  });
});
