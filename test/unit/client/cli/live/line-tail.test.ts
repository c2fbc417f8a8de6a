import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lastLines, tailLines } from '../../../../../client/cli/live/line-tail.ts';
import { parsePoint, readLoss } from '../../../../../client/cli/live/loss.ts';

let folder = '';
let path = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-tail-'));
  path = join(folder, 'a.log');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe('tailLines', () => {
  it('gives only complete lines, and the rest at the end', async () => {
    const tail = tailLines(path);
    expect(await tail.read()).toEqual([]);
    await writeFile(path, 'one\ntw');
    expect(await tail.read()).toEqual(['one']);
    await appendFile(path, 'o\nthree');
    expect(await tail.read()).toEqual(['two']);
    expect(tail.rest()).toEqual(['three']);
  });

  it('never breaks a character that is written in two goes', async () => {
    const tail = tailLines(path);
    const bytes = Buffer.from('名\n');
    await writeFile(path, bytes.subarray(0, 2));
    expect(await tail.read()).toEqual([]);
    await appendFile(path, bytes.subarray(2));
    expect(await tail.read()).toEqual(['名']);
  });

  it('begins again when the file was written anew', async () => {
    const tail = tailLines(path);
    await writeFile(path, 'first attempt\n');
    await tail.read();
    await writeFile(path, 'second\n');
    expect(await tail.read()).toEqual(['second']);
  });

  it('gives an endless line in pieces instead of keeping it', async () => {
    await writeFile(path, 'x'.repeat(100_000));
    const [piece] = await tailLines(path).read();
    expect(piece).toHaveLength(100_000);
  });
});

describe('lastLines', () => {
  it('finds the last lines and where to go on', async () => {
    await writeFile(path, Array.from({ length: 60_000 }, (_, line) => `line ${line}\n`).join(''));
    const { lines, end } = await lastLines(path, 3);
    expect(lines).toEqual(['line 59997', 'line 59998', 'line 59999']);
    await appendFile(path, 'more\n');
    expect(await tailLines(path, end).read()).toEqual(['more']);
  });

  it('has none of a file that is not there', async () => {
    expect(await lastLines(path, 3)).toEqual({ lines: [], end: 0 });
  });
});

describe('readLoss', () => {
  it('takes points out of metrics and passes over anything else', () => {
    expect(parsePoint('{"step": 3, "loss": 0.5, "lr": 1}')).toEqual([[3, 0.5]]);
    for (const line of [
      '',
      'nonsense',
      'null',
      '[]',
      '{"step": 1}',
      '{"step": "1", "loss": 2}',
      '{"step":1,"loss":null}',
    ]) {
      expect(parsePoint(line)).toEqual([]);
    }
  });

  it('lets the curve of another attempt replace the one before', async () => {
    const loss = readLoss(() => Promise.resolve(path));
    await writeFile(path, '{"step":1,"loss":3}\n{"step":2,"loss":2}\n');
    expect(await loss.refresh()).toBe(true);
    await appendFile(path, '{"step":1,"loss":9}\n');
    await loss.refresh();
    expect(loss.points()).toEqual([[1, 9]]);
    expect(await loss.refresh()).toBe(false);
  });

  it('thins out a long curve and keeps its last point', async () => {
    const loss = readLoss(() => Promise.resolve(path));
    await writeFile(path, Array.from({ length: 9_000 }, (_, step) => `{"step":${step},"loss":1}\n`).join(''));
    while (await loss.refresh());
    expect(loss.points().length).toBeLessThan(5_000);
    expect(loss.points().at(-1)).toEqual([8_999, 1]);
  });
});
