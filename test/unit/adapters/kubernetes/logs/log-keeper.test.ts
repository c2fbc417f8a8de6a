import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogKeeper } from '../../../../../adapters/kubernetes/logs/log-keeper.ts';
import type { LogKeeper, LogKeeperOptions } from '../../../../../adapters/kubernetes/logs/log-keeper.ts';
import { MARKS } from '../../../../../adapters/kubernetes/logs/marks.ts';
import { FakeLogServer, flying, playedPod, stamped } from './fake-log-server.ts';

const LONG = 600_000;
let root: string;
let server: FakeLogServer;
let keepers: LogKeeper[];
let notes: string[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ty-logs-'));
  server = new FakeLogServer();
  keepers = [];
  notes = [];
});

afterEach(async () => {
  await Promise.all(keepers.map((one) => one.stop()));
  rmSync(root, { recursive: true, force: true });
});

function keeper(over: Partial<LogKeeperOptions> = {}): LogKeeper {
  const made = createLogKeeper({
    api: server,
    namespace: 'ml',
    pause: flying,
    random: () => 0.5,
    note: (text) => notes.push(text),
    ...over,
  });
  keepers.push(made);
  return made;
}

const target = (name = 'worker-0', containers = ['train']) => ({ file: join(root, 'job', `${name}.log`), containers });
const linesOf = (name = 'worker-0'): string[] => {
  const text = readFileSync(join(root, 'job', `${name}.log`), 'utf8');
  expect(text.endsWith('\n') || text === '').toBe(true);
  return text.split('\n').slice(0, -1);
};
const lines = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_value, index) =>
    stamped(Math.floor((from + index) / 4), 5, `line ${from + index}`),
  );
const text = (list: readonly string[]): string => list.map((line) => `${line}\n`).join('');

async function readEnded(reader: LogKeeper, uid = 'a', states = { train: 'ended' } as const): Promise<void> {
  reader.follow(playedPod(uid, states), target());
  await reader.settle([uid], LONG);
}

describe('the logs of an ended pod', () => {
  it('are in the file as the node gave them, times included', async () => {
    server.write('train', text(lines(0, 10)));
    await readEnded(keeper());
    expect(linesOf()).toEqual(lines(0, 10));
    expect(server.requests[0]).toEqual({
      path: '/api/v1/namespaces/ml/pods/a/log',
      query: { container: 'train', follow: false, timestamps: true, sinceTime: undefined },
    });
  });

  it('stand one container after the other in one file', async () => {
    server.write('prepare', text(lines(0, 4)));
    server.write('train', text(lines(4, 9)));
    const reader = keeper();
    reader.follow(playedPod('a', { train: 'ended', prepare: 'ended' }), target('worker-0', ['prepare', 'train']));
    await reader.settle(['a'], LONG);
    expect(linesOf()).toEqual(lines(0, 9));
  });

  it('leave out a container that never started', async () => {
    server.write('prepare', text(lines(0, 4)));
    const reader = keeper();
    const pod = playedPod('a', { prepare: 'ended', train: 'waiting' }, { phase: 'Failed' });
    reader.follow(pod, target('worker-0', ['prepare', 'train']));
    await reader.settle(['a'], LONG);
    expect(linesOf()).toEqual(lines(0, 4));
    expect(server.requests.some(({ query }) => query['container'] === 'train')).toBe(false);
  });

  it('keep a last line without its end', async () => {
    server.write('train', `${text(lines(0, 2))}${stamped(9, 1, 'no end')}`);
    await readEnded(keeper());
    expect(linesOf()).toEqual([...lines(0, 2), stamped(9, 1, 'no end')]);
  });

  it('keep characters whole that came in two chunks, and bytes that are no text', async () => {
    const bytes = Buffer.from([0x30, 0x00, 0xff, 0xfe, 0x80, 0x1b, 0x0a]);
    const line = stamped(1, 1, '损失 0.3 — 🚂');
    server.chunk = 1;
    server.write('train', Buffer.concat([Buffer.from(`${line}\n${stamped(2, 1, '')}`), bytes]));
    await readEnded(keeper());
    const written = readFileSync(target().file);
    expect(written.toString('utf8', 0, Buffer.byteLength(line))).toBe(line);
    expect(written.subarray(written.length - bytes.length)).toEqual(bytes);
  });

  it('are read to the end though the answer was cut short and looked whole', async () => {
    server.write('train', text(lines(0, 20)));
    server.faults.push({ kind: 'cut', bytes: 300, quietly: true });
    await readEnded(keeper());
    expect(linesOf()).toEqual(lines(0, 20));
  });

  it('are not read again when the pod is told of again', async () => {
    server.write('train', text(lines(0, 3)));
    const reader = keeper();
    await readEnded(reader);
    const { length } = server.requests;
    await readEnded(reader);
    expect(server.requests).toHaveLength(length);
    expect(linesOf()).toEqual(lines(0, 3));
  });

  it('are read once by a server that puts no times before them', async () => {
    server.write('train', 'one\ntwo\n');
    await readEnded(keeper());
    expect(linesOf()).toEqual(['one', 'two']);
  });
});

describe('reading on', () => {
  it.each([
    ['a broken connection', { kind: 'cut', bytes: 410 }],
    ['429', { kind: 'status', status: 429 }],
    ['410', { kind: 'status', status: 410 }],
    ['500', { kind: 'status', status: 500 }],
    ['a node that cannot be reached', { kind: 'status', status: 502 }],
    [
      'what a node says in place of a log',
      { kind: 'text', text: 'failed to create fsnotify watcher: too many open files' },
    ],
  ] as const)('after %s loses nothing and repeats nothing', async (_name, fault) => {
    server.write('train', text(lines(0, 30)));
    server.faults.push(fault, null, fault);
    await readEnded(keeper());
    expect(linesOf()).toEqual(lines(0, 30));
  });

  it('after any cut, at every byte, gives the same file', async () => {
    const all = [
      ...lines(0, 6),
      stamped(1, 5, 'line 5'),
      stamped(1, 5, 'line 5'),
      stamped(1, 4, 'older'),
      ...lines(8, 11),
    ];
    const whole = Buffer.byteLength(text(all));
    server.write('train', text(all));
    for (let bytes = 1; bytes < whole; bytes += 11) {
      rmSync(join(root, 'job'), { recursive: true, force: true });
      server.faults.push({ kind: 'cut', bytes }, { kind: 'cut', bytes: bytes + 5 });
      await readEnded(keeper(), `uid-${bytes}`);
      expect(linesOf(), `cut after ${bytes}`).toEqual(all);
    }
  });

  it('from a file that another worker left, half a line included, needs that file alone', async () => {
    const all = [
      ...lines(0, 12),
      stamped(3, 7, 'same'),
      stamped(3, 7, 'same'),
      stamped(3, 7, 'same'),
      ...lines(16, 20),
    ];
    server.write('train', text(all));
    mkdirSync(join(root, 'job'));
    writeFileSync(target().file, `${text(all.slice(0, 14))}${(all[14] ?? '').slice(0, 20)}`);
    await readEnded(keeper());
    expect(linesOf()).toEqual(all);
    expect(server.requests[0]?.query['sinceTime']).toBe('2026-01-01T00:00:03Z');
  });

  it('of a file with nothing but half a line begins anew', async () => {
    server.write('train', text(lines(0, 3)));
    mkdirSync(join(root, 'job'));
    writeFileSync(target().file, '2026-01-01T00:0');
    await readEnded(keeper());
    expect(linesOf()).toEqual(lines(0, 3));
  });

  it('knows lines whose times are of another zone', async () => {
    const all = ['2026-01-01T08:00:01.000000001+08:00 one', '2026-01-01T08:00:02.000000001+08:00 two'];
    server.write('train', text(all));
    mkdirSync(join(root, 'job'));
    writeFileSync(target().file, text(all.slice(0, 1)));
    await readEnded(keeper());
    expect(linesOf()).toEqual(all);
    expect(server.requests[0]?.query['sinceTime']).toBe('2026-01-01T00:00:01Z');
  });

  it('says so where the node has put away what was not read', async () => {
    const reader = keeper();
    server.write('train', text(lines(8, 12)));
    reader.follow(playedPod('a', { train: 'running' }), target());
    await vi.waitFor(async () => expect(await reader.lastLines(target().file)).toHaveLength(4));
    await reader.stop();
    server.renew('train');
    server.write('train', text(lines(20, 22)));
    await readEnded(keeper());
    expect(linesOf()).toEqual([...lines(8, 12), MARKS.rotated, ...lines(20, 22)]);
  });
});

describe('a running pod', () => {
  it('is followed, and its file grows while it runs', async () => {
    const reader = keeper();
    server.write('train', text(lines(0, 2)));
    reader.follow(playedPod('a', { train: 'running' }), target());
    await vi.waitFor(async () => expect(await reader.lastLines(target().file)).toEqual(['line 0', 'line 1']));
    server.write('train', text(lines(2, 4)));
    await vi.waitFor(async () => expect(await reader.lastLines(target().file)).toHaveLength(4));
    expect(server.requests).toHaveLength(1);
    server.write('train', text(lines(4, 5)));
    server.end('train');
    await readEnded(reader);
    expect(linesOf()).toEqual(lines(0, 5));
  });

  it('that waits is not asked for', async () => {
    const reader = keeper();
    for (let index = 0; index < 2000; index += 1) {
      reader.follow(playedPod(`uid-${index}`, { train: 'waiting' }, { phase: 'Pending' }), target(`worker-${index}`));
    }
    await reader.settle(['uid-0', 'uid-1999'], LONG);
    expect(server.requests).toEqual([]);
  });

  it('that is gone before its log could be read is marked, and fails nothing', async () => {
    const reader = keeper();
    server.isGone = true;
    await readEnded(reader);
    expect(linesOf()).toEqual([MARKS.gone]);
  });

  it.each([true, false])('that is gone after its stream has ended misses nothing (told: %s)', async (told) => {
    const reader = keeper();
    server.write('train', text(lines(0, 2)));
    reader.follow(playedPod('a', { train: 'running' }), target());
    await vi.waitFor(async () => expect(await reader.lastLines(target().file)).toHaveLength(2));
    server.isGone = true;
    server.end('train');
    if (told) reader.gone('a');
    await vi.waitFor(() => expect(server.requests).toHaveLength(told ? 1 : 2));
    await vi.waitFor(() => expect(server.open).toBe(0));
    await reader.stop();
    expect(linesOf()).toEqual(lines(0, 2));
  });

  it('makes room in its file for the pod that takes its place', async () => {
    const reader = keeper();
    server.write('train', text(lines(0, 2)));
    reader.follow(playedPod('old', { train: 'running' }, { name: 'job-worker-0' }), target());
    await vi.waitFor(async () => expect(await reader.lastLines(target().file)).toHaveLength(2));
    server.renew('train');
    server.write('train', text(lines(100, 103)));
    const next = { name: 'job-worker-0', createdAt: '2026-01-01T00:00:20Z' };
    reader.follow(playedPod('new', { train: 'ended' }, next), target());
    await reader.settle(['old', 'new'], LONG);
    expect(linesOf().filter((line) => line !== MARKS.rotated)).toEqual([...lines(0, 2), ...lines(100, 103)]);
  });
});

describe('settling', () => {
  it('marks a log that could not be read in time, and goes on reading', async () => {
    server.write('train', text(lines(0, 3)));
    server.faults.push(...Array.from({ length: 12 }, () => ({ kind: 'status', status: 503 }) as const));
    const reader = keeper();
    reader.follow(playedPod('a', { train: 'ended' }), target());
    await reader.settle(['a'], 1000);
    await vi.waitFor(() => expect(linesOf()).toContain(MARKS.late(1)));
    await reader.settle(['a'], LONG);
    expect(linesOf().filter((line) => line !== MARKS.late(1))).toEqual(lines(0, 3));
    expect(notes.join('\n')).toContain('not read whole within 1 s');
  });

  it('gives up a log that is refused for good, with the reason in the file', async () => {
    server.faults.push(
      ...Array.from({ length: 9 }, () => ({ kind: 'status', status: 403, message: 'pods/log: no' }) as const),
    );
    await readEnded(keeper());
    expect(linesOf()).toEqual([MARKS.unreadable('train', 'pods/log: no')]);
  });

  it('does not wait for what still runs or is not known', async () => {
    const reader = keeper();
    reader.follow(playedPod('a', { train: 'running' }), target());
    await reader.settle(['a', 'nobody'], LONG);
    expect(server.open).toBeLessThanOrEqual(1);
  });
});
