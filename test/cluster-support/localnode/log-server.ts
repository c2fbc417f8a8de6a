import { closeSync, openSync, readSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerRun } from './container-run.ts';
import { STAMP_LENGTH } from './log-file.ts';
import type { PodRun } from './pod-run.ts';

const POLL = 100;
const CHUNK = 1 << 20;

/** What the API server may ask a kubelet for about a log, in the kubelet's own words. */
interface LogQuery {
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly previous: boolean;
  readonly tailLines: number | null;
  readonly limitBytes: number | null;
  /** Lines before it are left out: RFC 3339, whole seconds. */
  readonly since: string;
}

function readQuery(query: URLSearchParams): LogQuery {
  const number = (name: string) => (query.has(name) ? Number(query.get(name)) : null);
  const seconds = number('sinceSeconds');
  const since =
    seconds === null ? (query.get('sinceTime') ?? '') : new Date(Date.now() - seconds * 1_000).toISOString();
  return {
    follow: query.get('follow') === 'true',
    timestamps: query.get('timestamps') === 'true',
    previous: query.get('previous') === 'true',
    tailLines: number('tailLines'),
    limitBytes: number('limitBytes'),
    since: since === '' ? '' : new Date(since).toISOString().slice(0, 19),
  };
}

/** Answers `GET /containerLogs/<namespace>/<pod>/<container>`. */
export async function serveLog(request: IncomingMessage, response: ServerResponse, pods: Iterable<PodRun>) {
  const url = new URL(request.url ?? '/', 'https://node');
  const [, namespace, name, container] = /^\/containerLogs\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(url.pathname) ?? [];
  const refuse = (status: number, text: string) => response.writeHead(status).end(text);
  const pod = [...pods].find(({ pod: { metadata } }) => metadata.namespace === namespace && metadata.name === name);
  if (pod === undefined) return refuse(404, `pod "${name ?? ''}" not found`);
  const run = pod.containers.find((one) => one.container.name === container);
  if (run === undefined) return refuse(404, `container "${container ?? ''}" not found in pod "${name ?? ''}"`);
  const query = readQuery(url.searchParams);
  const folder = run.folders.at(query.previous ? -2 : -1);
  if (folder === undefined) {
    const why = query.previous ? 'previous terminated container' : 'container';
    return refuse(400, `${why} "${container ?? ''}" in pod "${name ?? ''}" is waiting to start: ContainerCreating`);
  }
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.flushHeaders();
  await write(join(folder, 'log'), query, run, response);
  return response.end();
}

/** Like a kubelet: the tail is found first, then older lines are left out, then bytes are counted. */
async function write(file: string, query: LogQuery, run: ContainerRun, response: ServerResponse): Promise<void> {
  const starts = run.folders.length;
  let left = query.limitBytes ?? Infinity;
  let tail = query.tailLines;
  for await (const lines of linesOf(file, () => query.follow && run.isLive && run.folders.length === starts)) {
    const kept = (tail === null ? lines : tail === 0 ? [] : lines.slice(-tail)).filter(
      (line) => query.since === '' || line.subarray(0, 19).toString() >= query.since,
    );
    tail = null;
    const data = Buffer.concat(
      kept.flatMap((line) => [query.timestamps ? line : line.subarray(STAMP_LENGTH), Buffer.from('\n')]),
    );
    if (response.closed) return;
    if (data.length > 0 && !response.write(data.subarray(0, left))) {
      await new Promise<void>((resolve) => response.once('drain', resolve).once('close', resolve));
    }
    left -= data.length;
    if (left <= 0) return;
  }
}

/** The finished lines of a file as they come; first what is there, however much, in one piece. */
async function* linesOf(file: string, goesOn: () => boolean): AsyncGenerator<readonly Buffer[]> {
  let at = 0;
  for (;;) {
    const last = !goesOn();
    const data = readFrom(file, at);
    const end = data.lastIndexOf(10) + 1;
    at += end;
    yield split(data.subarray(0, end));
    if (last && end === 0) return;
    if (end === 0) await delay(POLL);
  }
}

function readFrom(file: string, from: number): Buffer {
  const parts: Buffer[] = [];
  try {
    const open = openSync(file, 'r');
    for (let at = from; ;) {
      const part = Buffer.alloc(CHUNK);
      const count = readSync(open, part, 0, CHUNK, at);
      if (count === 0) break;
      parts.push(part.subarray(0, count));
      at += count;
    }
    closeSync(open);
  } catch {
    // The container has not written yet.
  }
  return Buffer.concat(parts);
}

function split(data: Buffer): readonly Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < data.length;) {
    const end = data.indexOf(10, start);
    lines.push(data.subarray(start, end));
    start = end + 1;
  }
  return lines;
}
