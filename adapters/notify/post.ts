import { plainLine } from '../../domain/notices/text.ts';
import type { Told } from '../../domain/notices/delivery.ts';
import { redact } from './secret.ts';

const TIMEOUT_MS = 10_000;
/** More of an answer is not read. */
const MOST_BYTES = 8192;
const LONGEST_ANSWER = 200;

/** Statuses with which a receiver says that it will never take this. */
const FINAL = [410, 413];

export interface Post {
  readonly url: URL;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Never in what is told about it. */
  readonly secrets: readonly string[];
}

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** `Retry-After`, milliseconds. */
  readonly waitMs: number | null;
}

/**
 * Posts JSON and judges the answer. Redirects are not followed: they would carry the message, and with some servers the
 * secret, to whoever the answer names.
 */
export async function post(request: Post, signal: AbortSignal, judge: (answer: Answer) => Told): Promise<Told> {
  const told = await attempt(request, signal, judge);
  return { ...told, answer: plainLine(redact(told.answer, request.secrets), LONGEST_ANSWER) };
}

/** The judgement of a receiver that says all with its status. */
export function judgeStatus({ status, text, waitMs }: Answer): Told {
  const answer = text.trim() === '' ? String(status) : `${status} ${text}`;
  if (status >= 200 && status < 300) return { ok: true, answer };
  if (status >= 300 && status < 400) {
    return { ok: false, again: true, waitMs: null, answer: `${status}: redirects are not followed` };
  }
  return { ok: false, again: !FINAL.includes(status), waitMs, answer };
}

async function attempt(
  { url, body, headers }: Post,
  signal: AbortSignal,
  judge: (answer: Answer) => Told,
): Promise<Told> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'trainyard', ...headers },
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    const text = await beginning(response);
    return judge({ status: response.status, text, waitMs: retryAfter(response.headers.get('retry-after')) });
  } catch (error) {
    return { ok: false, again: true, waitMs: null, answer: troubleOf(error) };
  }
}

async function beginning(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    parts.push(part);
    bytes += part.length;
    // Leaving the loop cancels the rest.
    if (bytes >= MOST_BYTES) break;
  }
  return Buffer.concat(parts).subarray(0, MOST_BYTES).toString('utf8');
}

function retryAfter(value: string | null): number | null {
  if (value === null) return null;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}

/** Only names of errors: their messages hold addresses. */
function troubleOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be reached';
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} s`;
  if (error.name === 'AbortError') return 'broken off';
  const { cause } = error;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : null;
  return code === null ? 'it cannot be reached' : `it cannot be reached: ${code}`;
}
