import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STORE_KEYS } from '../../domain/replica-plan.ts';
import type { HandoverPlan } from '../../domain/replica-plan.ts';
import { makeCertificate } from '../support/git-server/certificate.ts';
import { Children } from './children.ts';
import { eventually } from './eventually.ts';
import { freePorts } from './free-ports.ts';
import { programsOf } from './programs.ts';

/** A real object store with one bucket, over TLS with a certificate of its own. */
export interface TestObjectStore {
  readonly endpoint: string;
  readonly bucket: string;
  /** Folder with the files of its Secret, and what they hold. */
  readonly keys: string;
  readonly secret: Readonly<Record<string, string>>;
  /** Folder in which the objects lie as files. */
  readonly objects: string;
  plan(over?: Partial<Extract<HandoverPlan, { kind: 's3' }>>): Extract<HandoverPlan, { kind: 's3' }>;
  stop(): Promise<void>;
}

export async function startObjectStore(): Promise<TestObjectStore> {
  const folder = mkdtempSync(join(tmpdir(), 'ty-bucket-'));
  const at = (name: string): string => join(folder, name);
  const bucket = 'runs';
  for (const name of ['keys', 'metadata', 'data', `data/${bucket}`]) mkdirSync(at(name));
  const tls = makeCertificate(folder);
  const secret = {
    [STORE_KEYS.id]: 'test-id',
    [STORE_KEYS.secret]: 'test-secret-key',
    [STORE_KEYS.authority]: tls.cert,
  };
  for (const [name, text] of Object.entries(secret)) writeFileSync(join(at('keys'), name), text);
  const [port = 0] = await freePorts(1);
  const children = new Children(folder);
  const env = { ROOT_ACCESS_KEY: secret[STORE_KEYS.id] ?? '', ROOT_SECRET_KEY: secret[STORE_KEYS.secret] ?? '' };
  const serving = ['--port', `127.0.0.1:${port}`, '--cert', tls.file, '--key', at('key.pem'), '--health', '/health'];
  const stored = ['posix', '--sidecar', at('metadata'), at('data')];
  children.start('versitygw', join(programsOf('versitygw'), 'versitygw'), [...serving, ...stored], { env });
  const endpoint = `https://127.0.0.1:${port}`;
  await eventually('the object store answers', 30, () => answers(`${endpoint}/health`, readFileSync(tls.file)));
  return {
    endpoint,
    bucket,
    keys: at('keys'),
    secret,
    objects: at(`data/${bucket}`),
    plan: (over = {}) => ({
      kind: 's3',
      bucket,
      prefix: 'ml/',
      region: 'us-east-1',
      endpoint,
      pathStyle: true,
      secret: 'trainyard-store',
      ...over,
    }),
    async stop() {
      await children.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function answers(url: string, ca: Buffer): Promise<boolean> {
  return await new Promise((resolve) => {
    const call = request(url, { ca }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    call.on('error', () => resolve(false));
    call.end();
  });
}
