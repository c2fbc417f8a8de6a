import { createWriteStream, statSync } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { which } from './cache.mjs';
import { formatBytes } from './format.mjs';
import { run } from './process.mjs';

const PROBE_MS = 4_000;

// fetch does not read proxy settings on every Node that may run this file; curl does.
function behindProxy(env = process.env) {
  return Boolean(env.HTTPS_PROXY || env.https_proxy) && which('curl') !== null;
}

/** Whether the address answers, within four seconds. */
export async function answers(url) {
  if (behindProxy()) {
    return (await run('curl', ['-fsSIL', '-o', '/dev/null', '-m', String(PROBE_MS / 1_000), '--', url])).ok;
  }
  try {
    const response = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(PROBE_MS) });
    return response.ok;
  } catch {
    return false;
  }
}

/** A small text file. Throws when it cannot be had. */
export async function fetchText(url) {
  if (behindProxy()) {
    const result = await run('curl', ['-fsSL', '-m', '20', '--', url]);
    if (!result.ok) throw new Error(result.why);
    return result.stdout;
  }
  const response = await fetch(url, { signal: AbortSignal.timeout(20_000) });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.text();
}

/** Writes the address to a file. Throws when nothing arrives for 30 seconds. */
export async function download(url, file, task) {
  if (behindProxy()) {
    const watch = setInterval(() => task.note(sizeOf(file)), 500);
    const result = await run('curl', ['-fsSL', '--speed-time', '30', '--speed-limit', '1', '-o', file, '--', url]);
    clearInterval(watch);
    if (!result.ok) throw new Error(result.why);
    return;
  }
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(new Error('no data for 30 s')), 30_000);
  try {
    const response = await fetch(url, { signal: abort.signal });
    if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
    const total = Number(response.headers.get('content-length') ?? 0);
    let received = 0;
    const meter = new Transform({
      transform(chunk, _encoding, callback) {
        received += chunk.length;
        timer.refresh();
        task.note(total > 0 ? `${formatBytes(received)} of ${formatBytes(total)}` : formatBytes(received));
        callback(null, chunk);
      },
    });
    await pipeline(Readable.fromWeb(response.body), meter, createWriteStream(file));
  } finally {
    clearTimeout(timer);
    timer = undefined;
  }
}

function sizeOf(file) {
  try {
    return formatBytes(statSync(file).size);
  } catch {
    return '';
  }
}
