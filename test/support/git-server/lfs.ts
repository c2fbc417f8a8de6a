import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

export interface LfsRequest {
  /** Bare repository; objects lie where git-lfs keeps them for file remotes. */
  readonly gitDir: string;
  /** Address the batch answer's links begin with: `http://host:port/repo.git/info/lfs`. */
  readonly base: string;
  /** What follows `/info/lfs/`. */
  readonly rest: string;
  readonly mayWrite: boolean;
}

const JSON_TYPE = { 'content-type': 'application/vnd.git-lfs+json' };

/** The LFS batch API with basic transfers. */
export async function serveLfs(request: IncomingMessage, response: ServerResponse, target: LfsRequest): Promise<void> {
  const { rest } = target;
  if (request.method === 'POST' && rest === 'objects/batch') return await batch(request, response, target);
  if (request.method === 'POST' && rest === 'verify') return await verify(request, response, target);
  const oid = /^objects\/([0-9a-f]{64})$/.exec(rest)?.[1];
  if (oid !== undefined && request.method === 'GET') return await download(response, target, oid);
  if (oid !== undefined && request.method === 'PUT') return await upload(request, response, target, oid);
  request.resume();
  answer(response, 404, { message: 'no such endpoint' });
}

interface LfsObject {
  readonly oid: string;
  readonly size: number;
}

async function batch(request: IncomingMessage, response: ServerResponse, target: LfsRequest): Promise<void> {
  const body = (await readJson(request)) as { operation: string; objects: readonly LfsObject[] };
  if (body.operation === 'upload' && !target.mayWrite) return answer(response, 403, { message: 'read only' });
  const objects = await Promise.all(
    body.objects.map(async ({ oid, size }) => {
      const held = await stat(pathOf(target.gitDir, oid)).catch(() => null);
      const href = `${target.base}/objects/${oid}`;
      if (body.operation === 'upload') {
        const actions = { upload: { href }, verify: { href: `${target.base}/verify` } };
        return held === null ? { oid, size, actions } : { oid, size };
      }
      if (held === null) return { oid, size, error: { code: 404, message: 'Object does not exist' } };
      return { oid, size, actions: { download: { href } } };
    }),
  );
  answer(response, 200, { transfer: 'basic', objects });
}

async function verify(request: IncomingMessage, response: ServerResponse, target: LfsRequest): Promise<void> {
  const { oid, size } = (await readJson(request)) as LfsObject;
  const held = await stat(pathOf(target.gitDir, oid)).catch(() => null);
  answer(response, held?.size === size ? 200 : 404, {});
}

async function download(response: ServerResponse, target: LfsRequest, oid: string): Promise<void> {
  const path = pathOf(target.gitDir, oid);
  const held = await stat(path).catch(() => null);
  if (held === null) return answer(response, 404, { message: 'Object does not exist' });
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': held.size });
  await pipeline(createReadStream(path), response).catch(() => undefined);
}

async function upload(
  request: IncomingMessage,
  response: ServerResponse,
  target: LfsRequest,
  oid: string,
): Promise<void> {
  if (!target.mayWrite) {
    request.resume();
    return answer(response, 403, { message: 'read only' });
  }
  const path = pathOf(target.gitDir, oid);
  const draft = `${path}.${randomUUID()}`;
  await mkdir(dirname(path), { recursive: true });
  const hash = createHash('sha256');
  request.on('data', (chunk: Buffer) => hash.update(chunk));
  await pipeline(request, createWriteStream(draft));
  if (hash.digest('hex') !== oid) {
    await rm(draft);
    return answer(response, 422, { message: 'content does not match its id' });
  }
  await rename(draft, path);
  answer(response, 200, {});
}

function pathOf(gitDir: string, oid: string): string {
  return join(gitDir, 'lfs', 'objects', oid.slice(0, 2), oid.slice(2, 4), oid);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, JSON_TYPE).end(JSON.stringify(body));
}
