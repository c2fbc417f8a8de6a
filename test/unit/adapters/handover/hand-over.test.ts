import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFolderStore } from '../../../../adapters/handover/folder-store.ts';
import { handOver } from '../../../../adapters/handover/hand-over.ts';
import { parseManifest } from '../../../../adapters/handover/manifest.ts';
import { takeOver } from '../../../../adapters/handover/take-over.ts';
import type { ObjectStore } from '../../../../adapters/handover/store.ts';
import { setCrashHook } from '../../../../ports/crash-point.ts';

const KEY = 'runs/run-a/digits-t1';

describe('what a job hands over', () => {
  let folder: string;
  let store: ObjectStore;
  const at = (path: string): string => join(folder, path);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ty-hand-'));
    mkdirSync(at('run/output'), { recursive: true });
    writeFileSync(at('run/output/model.pt'), 'weights');
    store = createFolderStore(at('claim'), 'claim x');
  });

  afterEach(() => {
    setCrashHook(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  });

  it('is not taken as long as its list is not there', async () => {
    setCrashHook((name) => {
      if (name === 'handover.before-manifest') throw new Error('killed');
    });
    await expect(handOver(store, KEY, at('run'), ['output'])).rejects.toThrow('killed');
    expect(readdirSync(at(`claim/${KEY}/objects`))).toHaveLength(1);
    expect(await takeOver(store, KEY, at('taken'))).toBeNull();
  });

  it('is completed by a second try, which moves only what is missing', async () => {
    setCrashHook((name) => {
      if (name === 'handover.before-manifest') throw new Error('killed');
    });
    await expect(handOver(store, KEY, at('run'), ['output'])).rejects.toThrow('killed');
    setCrashHook(() => undefined);
    const written: string[] = [];
    const counting: ObjectStore = { ...store, write: async (key) => void written.push(key) };
    expect(await handOver(counting, KEY, at('run'), ['output'])).toBe(true);
    expect(written).toEqual([]);
    expect(await takeOver(store, KEY, at('taken'))).not.toBeNull();
  });

  it('is not overwritten by a later try with other files', async () => {
    await handOver(store, KEY, at('run'), ['output']);
    writeFileSync(at('run/output/model.pt'), 'garbage');
    expect(await handOver(store, KEY, at('run'), ['output'])).toBe(false);
    await takeOver(store, KEY, at('taken'));
    expect(readFileSync(at('taken/output/model.pt'), 'utf8')).toBe('weights');
  });

  it('is refused when a file is not what the list says', async () => {
    await handOver(store, KEY, at('run'), ['output']);
    const [object = ''] = readdirSync(at(`claim/${KEY}/objects`));
    writeFileSync(at(`claim/${KEY}/objects/${object}`), 'w3ights');
    await expect(takeOver(store, KEY, at('taken'))).rejects.toMatchObject({ code: 'TY_HANDOVER_DAMAGED' });
  });

  it('keeps links that stay inside, and refuses one that leads out', async () => {
    symlinkSync('model.pt', at('run/output/best.pt'));
    await handOver(store, KEY, at('run'), ['output']);
    await takeOver(store, KEY, at('taken'));
    expect(readFileSync(at('taken/output/best.pt'), 'utf8')).toBe('weights');
    symlinkSync('../../../etc/passwd', at('run/output/out'));
    await expect(handOver(store, `${KEY}-2`, at('run'), ['output'])).rejects.toMatchObject({
      code: 'TY_HANDOVER_REFUSED',
    });
  });

  it('can be taken without its top folder', async () => {
    await handOver(store, KEY, at('run'), ['output']);
    await takeOver(store, KEY, at('taken'), 'output');
    expect(readdirSync(at('taken'))).toEqual(['model.pt']);
  });

  it.each([
    ['leaves the folder', { kind: 'file', path: '../x', bytes: 1, sha256: 'a'.repeat(64) }],
    ['is absolute', { kind: 'folder', path: '/etc' }],
    ['is a link that leaves it', { kind: 'link', path: 'output/a', target: '../metrics/b' }],
    ['has no digest', { kind: 'file', path: 'output/a', bytes: 1, sha256: 'x' }],
    ['is of no known kind', { kind: 'pipe', path: 'output/a' }],
  ])('has a list that is refused when an entry %s', (_why, entry) => {
    const text = JSON.stringify({ schema: 1, entries: [entry] });
    expect(() => parseManifest(text, 'claim x')).toThrow(expect.objectContaining({ code: 'TY_HANDOVER_DAMAGED' }));
  });
});
