import type { IncomingHttpHeaders } from 'node:http';

/** One field an API server found wrong. */
export interface FailureCauseOfField {
  readonly field: string;
  readonly message: string;
}

/** A call to the API server that brought no result. The message holds no credential. */
export class KubeFailure extends Error {
  override readonly name = 'KubeFailure';
  /** HTTP status; `null` = there was no answer. */
  readonly status: number | null;
  /** `reason` of the answer, for instance `AlreadyExists`; or why there was none. */
  readonly reason: string;
  readonly causes: readonly FailureCauseOfField[];
  readonly retryAfterSeconds: number | null;

  constructor(
    status: number | null,
    reason: string,
    message: string,
    causes: readonly FailureCauseOfField[] = [],
    retryAfterSeconds: number | null = null,
  ) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.causes = causes;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Out of an answer that is not 2xx; what is no `Status` object is told as it stands, cut short. */
  static of(status: number, body: string, headers: IncomingHttpHeaders, what: string): KubeFailure {
    const said = statusObject(body);
    const seconds = Number(headers['retry-after']);
    const after = Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
    const message = said.message ?? (body.trim().slice(0, 300) || `${what} was answered with ${status}`);
    return new KubeFailure(status, said.reason ?? `HTTP${status}`, message, said.causes, after);
  }
}

export const isGone = (error: unknown): boolean => error instanceof KubeFailure && error.status === 404;

/** Whether there is no such thing for this user: not on the cluster, or not to be seen. */
export function isWithheld(error: unknown): boolean {
  return error instanceof KubeFailure && (error.status === 404 || error.status === 403);
}

/** Whether the same call may well succeed later. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof KubeFailure)) return false;
  const { status } = error;
  return status === null || status === 408 || status === 429 || status >= 500;
}

export function toFailure(error: unknown, what: string): KubeFailure {
  if (error instanceof KubeFailure) return error;
  const reason = error instanceof Error && 'code' in error ? String(error.code) : 'NoAnswer';
  const said = error instanceof Error && error.name !== 'TimeoutError' ? error.message : 'it took too long';
  return new KubeFailure(null, reason, `${what}: ${said}`);
}

function statusObject(body: string) {
  const parsed = parse(body);
  const details = record(parsed['details']);
  const causes = Array.isArray(details['causes']) ? details['causes'].map(record) : [];
  return {
    message: textOf(parsed['message']),
    reason: textOf(parsed['reason']),
    causes: causes.map((one) => ({ field: textOf(one['field']) ?? '', message: textOf(one['message']) ?? '' })),
  };
}

function parse(body: string): Readonly<Record<string, unknown>> {
  try {
    return record(JSON.parse(body));
  } catch {
    return {};
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
