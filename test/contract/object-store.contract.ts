import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { handOver } from '../../adapters/handover/hand-over.ts';
import type { ObjectStore } from '../../adapters/handover/store.ts';
import { takeOver } from '../../adapters/handover/take-over.ts';

/** What every place must do in which jobs leave files for each other. */
export function describeObjectStore(name: string, open: () => Promise<ObjectStore>): void {
  describe(name, () => {
    let store: ObjectStore;
    let folder: string;
    const at = (path: string): string => join(folder, path);
    let key = '';
    let count = 0;

    beforeAll(async () => {
      store = await open();
      folder = mkdtempSync(join(tmpdir(), 'ty-store-'));
      mkdirSync(at('run/output/empty'), { recursive: true });
      mkdirSync(at('run/metrics'));
      writeFileSync(at('run/output/model.bin'), Buffer.alloc(300_000, 7));
      writeFileSync(at('run/output/again.bin'), Buffer.alloc(300_000, 7));
      writeFileSync(at('run/output/train.sh'), '#!/bin/sh\n', { mode: 0o755 });
      writeFileSync(at('run/metrics/metrics.jsonl'), '');
    });

    const fresh = (): string => {
      count += 1;
      return (key = `runs/r/job-${count}`);
    };

    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it('says that it can be used', async () => {
      await expect(store.check()).resolves.toBeUndefined();
    });

    it('has nothing under a key that nobody wrote', async () => {
      expect(await store.size('runs/none/manifest.json')).toBeNull();
      expect(await store.readText('runs/none/manifest.json')).toBeNull();
      expect(await takeOver(store, 'runs/none', at('none'))).toBeNull();
    });

    it('gives back what was handed over, with modes and empty folders', async () => {
      expect(await handOver(store, fresh(), at('run'), ['output', 'metrics'])).toBe(true);
      const manifest = await takeOver(store, key, at(key));
      expect(manifest?.entries.map(({ path }) => path)).toEqual([
        'output',
        'output/again.bin',
        'output/empty',
        'output/model.bin',
        'output/train.sh',
        'metrics',
        'metrics/metrics.jsonl',
      ]);
      expect(readFileSync(at(`${key}/output/model.bin`)).equals(Buffer.alloc(300_000, 7))).toBe(true);
      expect(readFileSync(at(`${key}/output/again.bin`))).toHaveLength(300_000);
      expect(readFileSync(at(`${key}/output/train.sh`), 'utf8')).toBe('#!/bin/sh\n');
    });

    it('makes a small object once, and leaves the first as it is', async () => {
      expect(await store.createText('once/x', 'first')).toBe(true);
      expect(await store.createText('once/x', 'second')).toBe(false);
      expect(await store.readText('once/x')).toBe('first');
      expect(await text(await store.read('once/x'))).toBe('first');
    });

    it('removes what lies under a prefix, and nothing beside it', async () => {
      await store.createText('gone/a/b', 'x');
      await store.createText('gone-not/a', 'x');
      await store.remove('gone');
      expect(await store.size('gone/a/b')).toBeNull();
      expect(await store.size('gone-not/a')).toBe(1);
    });
  });
}
