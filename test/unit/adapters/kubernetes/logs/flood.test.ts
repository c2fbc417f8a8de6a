import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLineSplitter } from '../../../../../adapters/kubernetes/logs/line-splitter.ts';
import { createLogKeeper } from '../../../../../adapters/kubernetes/logs/log-keeper.ts';
import type { LogKeeper, LogKeeperOptions } from '../../../../../adapters/kubernetes/logs/log-keeper.ts';
import { MARKS } from '../../../../../adapters/kubernetes/logs/marks.ts';
import { createRankLog } from '../../../../../adapters/kubernetes/logs/rank-log.ts';
import { FakeLogServer, flying, playedPod, stamped } from './fake-log-server.ts';

const LONG = 600_000;
let root: string;
let server: FakeLogServer;
let keepers: LogKeeper[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ty-flood-'));
  server = new FakeLogServer();
  server.chunk = 4096;
  keepers = [];
});

afterEach(async () => {
  await Promise.all(keepers.map((one) => one.stop()));
  rmSync(root, { recursive: true, force: true });
});

function keeper(over: Partial<LogKeeperOptions> = {}): LogKeeper {
  const made = createLogKeeper({ api: server, namespace: 'ml', pause: flying, random: () => 0.5, ...over });
  keepers.push(made);
  return made;
}

const target = (rank = 0) => ({ file: join(root, `worker-${rank}.log`), containers: ['train'] });
const linesOf = (rank = 0): string[] => readFileSync(target(rank).file, 'utf8').split('\n').slice(0, -1);
const lines = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_value, index) =>
    stamped(Math.floor((from + index) / 50), 5, `line ${from + index}`),
  );
const text = (list: readonly string[]): string => list.map((line) => `${line}\n`).join('');

describe('a log beyond its cap', () => {
  const cap = 4000;
  const all = lines(0, 1000);
  const kept = Math.ceil(cap / (Buffer.byteLength(all[0] ?? '') + 1)) - 1;

  it('holds its beginning, a mark, how much is left out, and its last 200 lines', async () => {
    server.write('train', text(all));
    const reader = keeper({ capBytes: cap });
    reader.follow(playedPod('a', { train: 'ended' }), target());
    await reader.settle(['a'], LONG);
    const written = linesOf();
    const at = written.indexOf(MARKS.cap(cap));
    expect(written.slice(0, at)).toEqual(all.slice(0, at));
    expect(Math.abs(at - kept)).toBeLessThanOrEqual(2);
    expect(written.slice(at + 1)).toEqual([MARKS.leftOut(1000 - 200 - at), ...all.slice(-200)]);
  });

  it('is the same after broken connections', async () => {
    server.write('train', text(all));
    server.faults.push({ kind: 'cut', bytes: 9000 }, { kind: 'cut', bytes: 9000 }, { kind: 'cut', bytes: 3000 });
    const reader = keeper({ capBytes: cap });
    reader.follow(playedPod('a', { train: 'ended' }), target());
    await reader.settle(['a'], LONG);
    const written = linesOf();
    const at = written.indexOf(MARKS.cap(cap));
    expect(written.slice(at + 1)).toEqual([MARKS.leftOut(1000 - 200 - at), ...all.slice(-200)]);
  });

  it('is the same after another worker has gone on', async () => {
    server.write('train', text(all.slice(0, 500)));
    const first = keeper({ capBytes: cap });
    first.follow(playedPod('a', { train: 'running' }), target());
    await vi.waitFor(async () => expect(await first.lastLines(target().file)).not.toEqual([]));
    await first.stop();
    server.write('train', text(all.slice(500)));
    const second = keeper({ capBytes: cap });
    second.follow(playedPod('a', { train: 'ended' }), target());
    await second.settle(['a'], LONG);
    const written = linesOf();
    const at = written.indexOf(MARKS.cap(cap));
    expect(written.filter((line) => line === MARKS.cap(cap))).toHaveLength(1);
    expect(written.slice(at + 1)).toEqual([MARKS.leftOut(1000 - 200 - at), ...all.slice(-200)]);
  });

  it('keeps no more of long lines in memory than of short ones', async () => {
    const log = createRankLog(join(root, 'x.log'), 10);
    await log.open();
    for (let index = 0; index < 500; index += 1) log.add(Buffer.alloc(64 * 1024, 'x'));
    log.end();
    await log.close();
    expect(readFileSync(join(root, 'x.log')).length).toBeLessThan(64 * 1024 + 300_000);
  });
});

describe('a long line', () => {
  it('is cut between characters, with a mark of how much is missing', () => {
    const splitter = createLineSplitter(10);
    const line = '12345678火车!';
    const found = [...splitter.push(Buffer.from(`${line}\nnext\n`))].map(String);
    expect(found).toEqual(['12345678 … 7 more bytes of this line are left out …', 'next']);
  });

  it('is cut in the same way however it came, and never held whole', () => {
    const line = Buffer.from(`${'ab火'.repeat(50)}\n`);
    const whole = createLineSplitter(64).push(line);
    const splitter = createLineSplitter(64);
    const pieces = [...line].flatMap((byte) => splitter.push(Buffer.from([byte])));
    expect(pieces).toEqual(whole);
    expect(whole[0]?.length).toBeLessThan(130);
  });

  it('is known again after a broken connection', async () => {
    const all = [stamped(1, 1, 'x'.repeat(200_000)), stamped(1, 2, 'after')];
    server.write('train', text(all));
    server.faults.push(null, { kind: 'cut', bytes: 150_000 });
    const reader = keeper();
    reader.follow(playedPod('a', { train: 'ended' }), target());
    await reader.settle(['a'], LONG);
    expect(linesOf().map((line) => line.slice(-30))).toEqual([
      expect.stringContaining('are left out …') as string,
      (all[1] ?? '').slice(-30),
    ]);
  });
});

describe('more pods than may be followed', () => {
  it('are read in turns, with a bounded number of connections, and whole at their end', async () => {
    const reader = keeper({ maxFollowed: 2 });
    const all = lines(0, 40);
    server.write('train', text(all.slice(0, 20)));
    const ranks = Array.from({ length: 60 }, (_value, index) => index);
    for (const rank of ranks) reader.follow(playedPod(`uid-${rank}`, { train: 'running' }), target(rank));
    await vi.waitFor(async () => {
      for (const rank of ranks) expect(await reader.lastLines(target(rank).file)).toHaveLength(20);
    }, 8000);
    expect(server.requests.filter(({ query }) => query['follow'] === true)).toHaveLength(2);
    server.write('train', text(all.slice(20)));
    server.end('train');
    for (const rank of ranks) reader.follow(playedPod(`uid-${rank}`, { train: 'ended' }), target(rank));
    await reader.settle(
      ranks.map((rank) => `uid-${rank}`),
      LONG,
    );
    for (const rank of ranks) expect(linesOf(rank)).toEqual(all);
    expect(server.mostOpen).toBeLessThanOrEqual(2 + 16);
  });

  it.each([
    ['are asked ever more seldom while they are silent', false, [15_000, 30_000, 60_000, 120_000, 240_000, 240_000]],
    ['are asked at one pace where their silence is judged', true, [15_000, 15_000, 15_000, 15_000, 15_000, 15_000]],
  ])('%s', async (_claim, steady, expected) => {
    const waits: number[] = [];
    const reader = keeper({
      maxFollowed: 0,
      pause: async (ms, signal) => {
        waits.push(ms);
        await flying(waits.length < 7 ? 0 : LONG, signal);
      },
    });
    server.write('train', text(lines(0, 3)));
    reader.follow(playedPod('uid-0', { train: 'running' }), { ...target(), steady });
    await vi.waitFor(() => expect(waits.length).toBeGreaterThanOrEqual(7));
    // Before the first brought its lines.
    expect(waits.slice(0, 6)).toEqual(expected);
  });

  it('take a slot that becomes free in the order in which they came', async () => {
    const reader = keeper({ maxFollowed: 1 });
    server.write('train', text(lines(0, 2)));
    for (const rank of [0, 1, 2]) reader.follow(playedPod(`uid-${rank}`, { train: 'running' }), target(rank));
    const followed = () => server.requests.filter(({ query }) => query['follow'] === true).map(({ path }) => path);
    await vi.waitFor(() => expect(server.requests.length).toBeGreaterThan(3));
    reader.gone('uid-0');
    await vi.waitFor(() => expect(followed()).toHaveLength(2));
    expect(followed()).toEqual([expect.stringContaining('/uid-0/'), expect.stringContaining('/uid-1/')]);
  });
});

describe('a file that cannot be written', () => {
  it('fails nothing, and the log is read again when it can', async () => {
    const blocked = join(root, 'blocked');
    writeFileSync(blocked, '');
    const mended = Promise.withResolvers<void>();
    let waits = 0;
    const reader = keeper({
      pause: async (ms, signal) => {
        waits += 1;
        if (ms < 60_000) await mended.promise;
        else await flying(ms, signal);
      },
    });
    const file = join(blocked, 'worker-0.log');
    server.write('train', text(lines(0, 3)));
    reader.follow(playedPod('a', { train: 'ended' }), { file, containers: ['train'] });
    await vi.waitFor(() => expect(waits).toBeGreaterThan(0));
    rmSync(blocked);
    mended.resolve();
    await reader.settle(['a'], LONG);
    expect(readFileSync(file, 'utf8')).toBe(text(lines(0, 3)));
  });
});

describe('the last lines', () => {
  it('come without times, marks and what a terminal would obey', async () => {
    const reader = keeper();
    const shown = ['\u001b[31mloss nan\u001b[0m', '10%\r20%\r30%', ''].map((line, index) => stamped(index, 1, line));
    writeFileSync(target().file, `${text(shown)}${MARKS.gone}\n`);
    expect(await reader.lastLines(target().file)).toEqual(['loss nan', '30%']);
    expect(await reader.lastLines(target().file, 1)).toEqual(['30%']);
    expect(await reader.lastLines(join(root, 'none.log'))).toEqual([]);
  });
});
