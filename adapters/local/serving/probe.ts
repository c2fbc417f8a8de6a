import { setTimeout as delay } from 'node:timers/promises';
import type { TensorData, TensorSpec } from '../../../domain/inference.ts';
import { askShape, elementCount, faultOf } from '../../../domain/inference.ts';

interface Metadata {
  readonly inputs?: readonly TensorSpec[];
  readonly outputs?: readonly TensorSpec[];
}

/** Time one look at the server may take, ms. */
const LOOK_MS = 2_000;
const FIRST_ANSWER_MS = 60_000;
const PAUSE_MS = 25;
const MOST_ASKED = 5;
const ASK_AGAIN_MS = 200;

/**
 * Looks until server and model are ready. Answers false when `alive` turns false or the time is over;
 * throws the signal's reason when it is aborted.
 */
export async function waitReady(
  url: string,
  model: string,
  options: { readonly seconds: number; readonly alive: () => boolean; readonly signal: AbortSignal },
): Promise<boolean> {
  const end = performance.now() + options.seconds * 1000;
  while (performance.now() < end) {
    options.signal.throwIfAborted();
    if (!options.alive()) return false;
    if (await isReady(url, model, options.signal)) return options.alive();
    await delay(PAUSE_MS);
  }
  return false;
}

/** One look, true only when both the server and the model say that they are ready. */
export async function isReady(url: string, model: string, signal?: AbortSignal): Promise<boolean> {
  const address = `/v2/models/${encodeURIComponent(model)}/ready`;
  return (await saysOk(`${url}/v2/health/ready`, signal)) && saysOk(url + address, signal);
}

/** One real request with zeros in the shape the model declares; says what is wrong with the answer, or `null`. */
export async function askOnce(url: string, model: string, signal: AbortSignal): Promise<string | null> {
  const base = `${url}/v2/models/${encodeURIComponent(model)}`;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(FIRST_ANSWER_MS)]);
  try {
    const metadata = (await fetchJson(base, { signal: limit })) as Metadata;
    const inputs = (metadata.inputs ?? []).map(zeros);
    const answer = await fetchJson(`${base}/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ inputs }),
      signal: limit,
    });
    return faultOf(metadata.outputs ?? [], (answer as { readonly outputs?: readonly TensorData[] }).outputs ?? []);
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof Error ? error.message : String(error);
  }
}

function zeros(declared: TensorSpec): TensorData {
  const shape = askShape(declared.shape);
  const zero = declared.datatype === 'BOOL' ? false : 0;
  return { name: declared.name, datatype: declared.datatype, shape, data: Array(elementCount(shape)).fill(zero) };
}

/** A question changes nothing: one whose answer was lost on the way is asked again. */
async function fetchJson(address: string, options: RequestInit): Promise<unknown> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await fetchOnce(address, options);
    } catch (error) {
      // What `fetch` throws where nothing was answered, or not to its end.
      if (!(error instanceof TypeError) || tries >= MOST_ASKED || options.signal?.aborted === true) throw error;
      await delay(ASK_AGAIN_MS);
    }
  }
}

async function fetchOnce(address: string, options: RequestInit): Promise<unknown> {
  const response = await fetch(address, { ...options, redirect: 'error' });
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${(await response.text()).slice(0, 300)}`);
  return response.json();
}

async function saysOk(address: string, signal: AbortSignal | undefined): Promise<boolean> {
  const limit = AbortSignal.timeout(LOOK_MS);
  try {
    const response = await fetch(address, {
      redirect: 'error',
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
