import { TrainyardError } from '../domain/errors.ts';
import type { TensorData, TensorSpec } from '../domain/inference.ts';
import { askShape, elementCount } from '../domain/inference.ts';

/**
 * Asks a service about one input: its values row by row. Answers with the values of the first output.
 * Throws `TY_SERVE_BAD_ANSWER`.
 *
 * @example const scores = await askService('http://127.0.0.1:41234', 'digits', pixels);
 */
export async function askService(
  url: string,
  model: string,
  input: readonly number[],
  signal: AbortSignal = AbortSignal.timeout(30_000),
): Promise<readonly number[]> {
  const base = `${url}/v2/models/${encodeURIComponent(model)}`;
  const declared = await fetchJson<{ readonly inputs?: readonly TensorSpec[] }>(base, { signal });
  const first = declared.inputs?.[0];
  if (first === undefined) throw badAnswer(base, 'the model declares no input');
  const shape = askShape(first.shape);
  if (elementCount(shape) !== input.length) {
    throw badAnswer(base, `${input.length} values were given, the model takes [${shape.join(', ')}]`);
  }
  const answer = await fetchJson<{ readonly outputs?: readonly TensorData[] }>(`${base}/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ inputs: [{ name: first.name, datatype: first.datatype, shape, data: input }] }),
    signal,
  });
  const output = answer.outputs?.[0];
  if (output === undefined) throw badAnswer(base, 'the answer holds no output');
  return output.data.map(Number);
}

async function fetchJson<T>(address: string, options: RequestInit): Promise<T> {
  const response = await fetch(address, { ...options, redirect: 'error' }).catch((error: unknown) => {
    throw badAnswer(address, causeOf(error));
  });
  if (!response.ok) throw badAnswer(address, `HTTP ${response.status}: ${(await response.text()).slice(0, 300)}`);
  return (await response.json()) as T;
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function badAnswer(where: string, why: string): TrainyardError {
  return new TrainyardError('TY_SERVE_BAD_ANSWER', 'the service did not answer the request', {
    where,
    why,
    fix: 'trainyard dev brings up the services again',
  });
}
