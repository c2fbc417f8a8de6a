import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { handOver } from '../../adapters/handover/hand-over.ts';
import { createS3Store } from '../../adapters/handover/s3-store.ts';
import { takeOver } from '../../adapters/handover/take-over.ts';
import { startObjectStore } from '../cluster-support/object-store.ts';
import type { TestObjectStore } from '../cluster-support/object-store.ts';
import type { Cluster } from '../cluster-support/cluster.ts';
import { openClusterWorld, trainsDigits } from '../cluster-support/digits.ts';
import { addSecret, replicaStorage } from '../cluster-support/replica-storage.ts';
import { CLUSTER_START_MS, sharedCluster } from '../cluster-support/shared.ts';
import { describeObjectStore } from '../contract/object-store.contract.ts';

describe('a bucket in which jobs leave files', () => {
  let server: TestObjectStore;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ty-s3-'));
    server = await startObjectStore();
  });

  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  describeObjectStore('as any such place', async () => Promise.resolve(createS3Store(server.plan(), server.keys)));

  it('takes a file in parts, and gives it back whole', async () => {
    const store = createS3Store(server.plan(), server.keys);
    const content = Buffer.alloc(20 * 2 ** 20);
    for (let at = 0; at < content.length; at += 4) content.writeUInt32LE(at, at);
    mkdirSync(join(folder, 'output'));
    writeFileSync(join(folder, 'output', 'model.bin'), content);
    await handOver(store, 'runs/big/t1', folder, ['output']);
    await takeOver(store, 'runs/big/t1', join(folder, 'taken'));
    expect(readFileSync(join(folder, 'taken', 'output', 'model.bin')).equals(content)).toBe(true);
  });

  it.each([
    ['there is no such bucket', { bucket: 'nowhere' }, /NoSuchBucket/],
    ['nobody answers', { endpoint: 'https://127.0.0.1:9' }, /ECONNREFUSED/],
  ])('is refused before anything is spent when %s', async (_why, over, says) => {
    await expect(createS3Store(server.plan(over), server.keys).check()).rejects.toMatchObject({
      code: 'TY_SITE_HANDOVER',
      details: { why: expect.stringMatching(says) as unknown },
    });
  });

  it('is refused when the keys are not there, are wrong, or the certificate is not trusted', async () => {
    const missing = createS3Store(server.plan(), join(folder, 'none'));
    await expect(missing.check()).rejects.toMatchObject({
      code: 'TY_SITE_HANDOVER',
      details: { where: join(folder, 'none') },
    });
    const keys = join(folder, 'keys');
    mkdirSync(keys);
    for (const [name, text] of Object.entries(server.secret)) writeFileSync(join(keys, name), text);
    writeFileSync(join(keys, 'secret-access-key'), 'wrong');
    await expect(createS3Store(server.plan(), keys).check()).rejects.toMatchObject({
      details: { why: expect.stringMatching(/Signature/) as unknown },
    });
    writeFileSync(join(keys, 'secret-access-key'), 'test-secret-key');
    rmSync(join(keys, 'ca.crt'));
    await expect(createS3Store(server.plan(), keys).check()).rejects.toMatchObject({
      details: { why: expect.stringMatching(/certificate/) as unknown },
    });
  });
});

describe('a site that hands over through a bucket', () => {
  let cluster: Cluster;
  let server: TestObjectStore;

  beforeAll(async () => {
    cluster = await sharedCluster();
    server = await startObjectStore();
  }, CLUSTER_START_MS);

  afterAll(async () => {
    await server?.stop();
    await cluster.stop();
  });

  // The two whose operators change pods most; a plain Job's are in the other ring.
  it.each(['trainjob', 'paddlejob'] as const)(
    'trains on %s and gives a model on the output branch',
    async (kind) => {
      const on = await openClusterWorld(cluster, {
        storage: async (at) => {
          await addSecret(at, 'trainyard-store', server.secret);
          const { bucket, endpoint, keys } = server;
          return await replicaStorage(at, { s3: { bucket, endpoint, keys, secret: 'trainyard-store' } });
        },
      });
      try {
        await trainsDigits(cluster, on, { kind });
        expect(existsSync(join(server.objects, 'runs')) ? readdirSync(join(server.objects, 'runs')) : []).toEqual([]);
      } finally {
        await on.close();
      }
    },
    600_000,
  );
});
