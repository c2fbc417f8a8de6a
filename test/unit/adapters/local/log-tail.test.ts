import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lastLines } from '../../../../adapters/local/log-tail.ts';

describe('the last lines of a log', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'trainyard-tail-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function tail(text: string): readonly string[] {
    const path = join(folder, 'train-0.log');
    writeFileSync(path, text);
    return lastLines(path);
  }

  it('are at most twenty, without empty ones', () => {
    const text = Array.from({ length: 30 }, (_, index) => `line ${index}\n\n`).join('');
    expect(tail(text)).toHaveLength(20);
    expect(tail(text).at(-1)).toBe('line 29');
  });

  it('hold no escape sequence and no other control character', () => {
    expect(tail('\u001B[31mred\u001B[0m \u001B]0;title\u0007done\u0000\u0008\u009B\n')).toEqual(['red done']);
  });

  it('show what a progress bar wrote last', () => {
    expect(tail('10%\r20%\r30%\r\n')).toEqual(['30%']);
  });

  it('are cut where they are too long, and read from the end of a big file', () => {
    const lines = tail(`${'x'.repeat(100_000)}\nlast\n`);
    expect(lines.at(-1)).toBe('last');
    expect(lines[0]?.length).toBe(500);
  });

  it('are none where there is no log', () => {
    expect(lastLines(join(folder, 'missing.log'))).toEqual([]);
  });
});
