import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createServiceStore } from '../../../../../adapters/local/serving/state.ts';
import type { ServiceState } from '../../../../../adapters/local/serving/state.ts';

const STATE: ServiceState = {
  service: 'digits',
  port: 40_001,
  current: null,
  before: null,
  trying: null,
  running: null,
};

describe('the services of a workspace', () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'trainyard-state-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('come back as they were written', async () => {
    const store = createServiceStore(root);
    await store.write(STATE);
    expect(await store.read('digits')).toEqual(STATE);
    expect(await store.list()).toEqual([STATE]);
  });

  it('are none in a workspace that has published nothing, and a published version alone is none', async () => {
    const store = createServiceStore(root);
    expect(await store.list()).toEqual([]);
    await mkdir(join(root, 'published', 'digits', 'v1'), { recursive: true });
    expect(await store.list()).toEqual([]);
    expect(await store.read('digits')).toBeNull();
  });

  it('are gone after their removal, which may be repeated', async () => {
    const store = createServiceStore(root);
    await store.write(STATE);
    await store.remove('digits');
    await store.remove('digits');
    expect(await store.list()).toEqual([]);
  });

  it('are refused with the file named when it holds something else', async () => {
    const folder = join(root, 'published', 'digits');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'service.json'), '{"port": 1}');
    await expect(createServiceStore(root).read('digits')).rejects.toMatchObject({
      code: 'TY_WORKSPACE_FAILED',
      details: { where: join(folder, 'service.json') },
    });
  });

  it.each(['../outside', '', 'a/b', '.hidden'])('cannot be named %j', async (name) => {
    const attempt = async () => createServiceStore(root).read(name);
    await expect(attempt()).rejects.toMatchObject({ code: 'TY_SPEC_INVALID' });
  });
});
