import type { S3Client } from '@aws-sdk/client-s3';
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { TrainyardError } from '../../domain/errors.ts';
import { STORE_KEYS } from '../../domain/replica-plan.ts';
import type { HandoverPlan } from '../../domain/replica-plan.ts';
import type { ObjectStore } from './store.ts';

type S3Plan = Extract<HandoverPlan, { kind: 's3' }>;

/** An upload may have 10,000 parts at most; this leaves some. */
const MOST_PARTS = 9000;
const LEAST_PART = 8 * 2 ** 20;
const PARTS_AT_ONCE = 2;

/** Keys are read again after so long: a Secret that was changed is used without a restart. */
const KEYS_KEPT_MS = 300_000;

/**
 * Objects in a bucket. The library is loaded with the first call, because most workers never need it.
 * @param keys folder with the files of `STORE_KEYS`
 */
export function createS3Store(plan: S3Plan, keys: string): ObjectStore {
  let opened: Promise<S3Client> | null = null;
  const name = `bucket ${plan.bucket}${plan.endpoint === null ? '' : ` at ${plan.endpoint}`}`;
  const client = (): Promise<S3Client> => {
    const opening = (opened ??= open(plan, keys));
    // A key that is put right later is found.
    opening.catch(() => (opened = null));
    return opening;
  };
  return new S3Store(plan, name, client);
}

async function open(plan: S3Plan, keys: string): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  await readKeys(keys);
  const ca = await readFile(join(keys, STORE_KEYS.authority), 'utf8').catch(() => null);
  return new S3Client({
    region: plan.region,
    forcePathStyle: plan.pathStyle,
    ...(plan.endpoint === null ? {} : { endpoint: plan.endpoint }),
    credentials: () => readKeys(keys),
    // Contents are compared by digest; not every store knows the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(ca === null ? {} : { requestHandler: { httpsAgent: new Agent({ ca, keepAlive: true }) } }),
  });
}

async function readKeys(folder: string) {
  const read = async (file: string): Promise<string | null> =>
    (await readFile(join(folder, file), 'utf8').catch(() => null))?.trim() ?? null;
  const [accessKeyId, secretAccessKey, sessionToken] = await Promise.all([
    read(STORE_KEYS.id),
    read(STORE_KEYS.secret),
    read(STORE_KEYS.session),
  ]);
  if (accessKeyId && secretAccessKey) {
    const expiration = new Date(Date.now() + KEYS_KEPT_MS);
    return { accessKeyId, secretAccessKey, expiration, ...(sessionToken ? { sessionToken } : {}) };
  }
  throw new TrainyardError('TY_SITE_HANDOVER', 'the keys of the object store are not there', {
    where: folder,
    why: `there must be the files ${STORE_KEYS.id} and ${STORE_KEYS.secret}, not empty`,
    fix: 'mount the Secret of the object store there',
  });
}

class S3Store implements ObjectStore {
  readonly name: string;
  readonly #plan: S3Plan;
  readonly #client: () => Promise<S3Client>;

  constructor(plan: S3Plan, name: string, client: () => Promise<S3Client>) {
    this.#plan = plan;
    this.name = name;
    this.#client = client;
  }

  size(key: string): Promise<number | null> {
    return this.#asking(async (client, { HeadObjectCommand }) => {
      const found = await client.send(new HeadObjectCommand(this.#at(key))).catch(ifMissing);
      return found === null ? null : (found.ContentLength ?? 0);
    });
  }

  readText(key: string): Promise<string | null> {
    return this.#asking(async (client, { GetObjectCommand }) => {
      const found = await client.send(new GetObjectCommand(this.#at(key))).catch(ifMissing);
      return found === null ? null : ((await found.Body?.transformToString('utf8')) ?? '');
    });
  }

  createText(key: string, text: string): Promise<boolean> {
    return this.#asking(async (client, { PutObjectCommand }) => {
      const object = { ...this.#at(key), Body: text, ContentType: 'application/json' };
      try {
        await client.send(new PutObjectCommand({ ...object, IfNoneMatch: '*' }));
        return true;
      } catch (error) {
        if (statusOf(error) === 412 || nameOf(error) === 'ConditionalRequestConflict') return false;
        if (statusOf(error) !== 501) throw error;
      }
      // A store that knows no conditions: two at once would write one after the other, each a whole list.
      if ((await this.size(key)) !== null) return false;
      await client.send(new PutObjectCommand(object));
      return true;
    });
  }

  read(key: string): Promise<NodeJS.ReadableStream> {
    return this.#asking(async (client, { GetObjectCommand }) => {
      const { Body } = await client.send(new GetObjectCommand(this.#at(key)));
      if (Body instanceof Readable) return Body;
      throw new Error(`${key} came without contents`);
    });
  }

  write(key: string, file: string, bytes: number): Promise<void> {
    return this.#asking(async (client) => {
      const { Upload } = await import('@aws-sdk/lib-storage');
      const partSize = Math.max(LEAST_PART, Math.ceil(bytes / MOST_PARTS));
      const params = { ...this.#at(key), Body: createReadStream(file) };
      // Parts of an upload that fails are taken back; those of one that is killed are for the bucket's own rule.
      await new Upload({ client, params, partSize, queueSize: PARTS_AT_ONCE, leavePartsOnError: false }).done();
    });
  }

  remove(prefix: string): Promise<void> {
    return this.#asking(async (client, { ListObjectsV2Command, DeleteObjectCommand }) => {
      const { Bucket, Key } = this.#at(prefix);
      for (;;) {
        const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: `${Key}/` }));
        // One by one: deleting many at once needs a checksum that not every store takes.
        for (const object of Contents) await client.send(new DeleteObjectCommand({ Bucket, Key: object.Key }));
        if (Contents.length === 0) return;
      }
    });
  }

  async check(): Promise<void> {
    const key = `probe-${randomUUID()}/probe`;
    try {
      await this.createText(key, 'x');
      if ((await this.readText(key)) !== 'x') throw new Error('what was written cannot be read again');
      await this.remove(key.replace(/\/probe$/, ''));
    } catch (error) {
      if (error instanceof TrainyardError && error.code === 'TY_SITE_HANDOVER') throw error;
      throw new TrainyardError('TY_SITE_HANDOVER', `nothing can be left in ${this.name}`, {
        where: `prefix "${this.#plan.prefix}"`,
        why: error instanceof TrainyardError ? (error.details.why ?? error.message) : String(error),
        fix: 'see that the bucket is there and that the keys may list, read, write and delete below the prefix',
      });
    }
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#plan.bucket, Key: `${this.#plan.prefix}${key}` };
  }

  async #asking<T>(work: (client: S3Client, s3: typeof import('@aws-sdk/client-s3')) => Promise<T>): Promise<T> {
    try {
      return await work(await this.#client(), await import('@aws-sdk/client-s3'));
    } catch (error) {
      if (error instanceof TrainyardError) throw error;
      const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      throw new TrainyardError('TY_HANDOVER_FAILED', `${this.name} did not do what it was asked`, {
        where: this.name,
        why: said,
      });
    }
  }
}

function ifMissing(error: unknown): null {
  if (statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket') return null;
  throw error;
}

function statusOf(error: unknown): number | null {
  const metadata = error instanceof Error ? (Reflect.get(error, '$metadata') as unknown) : null;
  const status = typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'httpStatusCode') : null;
  return typeof status === 'number' ? status : null;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}
