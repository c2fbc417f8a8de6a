import { isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { isErrorCode, TrainyardError } from '../../domain/errors.ts';
import type { ErrorCode, ErrorReport } from '../../domain/errors.ts';

/** gRPC status numbers that mean something to a user; the rest stays unexpected. */
const GRPC = {
  cancelled: 1,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  failedPrecondition: 9,
  unavailable: 14,
  unauthenticated: 16,
} as const;

interface Failure {
  readonly type?: unknown;
  readonly message?: unknown;
  readonly details?: unknown;
  readonly cause?: unknown;
}

/** The number of a gRPC error somewhere in the chain of causes. */
export function grpcCode(error: unknown): number | null {
  for (let at = error, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth += 1) {
    if (isGrpcServiceError(at)) return at.code;
  }
  return null;
}

/** Whether the server answered that nobody works on the task queue, or waited for an answer in vain. */
export function isSilentWorker(error: unknown): boolean {
  const code = grpcCode(error);
  return code === GRPC.deadlineExceeded || code === GRPC.failedPrecondition || code === GRPC.cancelled;
}

/** Whether the server refused because the run has ended. */
export function isOver(error: unknown): boolean {
  const refused = error instanceof WorkflowNotFoundError || grpcCode(error) === GRPC.notFound;
  return refused && /already completed/.test(text(error));
}

/** What was being done, for the `where` line. */
export interface Doing {
  readonly address: string;
  readonly runId?: string;
}

/** Turns what the Temporal client throws into an error of the table. */
export function toTrainyardError(error: unknown, doing: Doing): TrainyardError {
  if (error instanceof TrainyardError) return error;
  const run = doing.runId;
  if (error instanceof WorkflowNotFoundError || grpcCode(error) === GRPC.notFound) {
    const what = run === undefined ? 'there is no such namespace or run' : `there is no run ${run}`;
    return new TrainyardError('TY_RUN_NOT_FOUND', what, { where: run ?? doing.address, why: text(error) }, error);
  }
  const reported = reportFromFailure(error);
  if (reported !== null) {
    const { code, message, ...details } = reported;
    return new TrainyardError(code, message, run === undefined ? details : { where: `run ${run}`, ...details }, error);
  }
  const code = grpcCode(error);
  if (code === GRPC.unavailable || code === GRPC.deadlineExceeded || code === GRPC.cancelled) {
    return unreachable(doing.address, error);
  }
  if (code === GRPC.unauthenticated || code === GRPC.permissionDenied) {
    return new TrainyardError(
      'TY_TEMPORAL_UNREACHABLE',
      'the Temporal server refused this client',
      {
        where: doing.address,
        why: text(error),
        fix: 'set TEMPORAL_API_KEY or TEMPORAL_TLS_CLIENT_CERT_PATH and _KEY_PATH',
      },
      error,
    );
  }
  return new TrainyardError('TY_INTERNAL', text(error), { where: run ?? doing.address }, error);
}

/** The error of a server that cannot be spoken to. */
export function unreachable(address: string, cause: unknown): TrainyardError {
  return new TrainyardError(
    'TY_TEMPORAL_UNREACHABLE',
    'the Temporal server does not answer',
    { where: address, why: rootText(cause), fix: 'trainyard dev, or set TEMPORAL_ADDRESS to a running server' },
    cause,
  );
}

/** The error of a run that no worker answers for. */
export function workerMissing(runId: string, taskQueue: string | null, cause: unknown): TrainyardError {
  return new TrainyardError(
    'TY_WORKER_MISSING',
    `no worker answers for run ${runId}`,
    {
      where: taskQueue === null ? `run ${runId}` : `task queue ${taskQueue}`,
      why: text(cause),
      fix: 'trainyard dev, or trainyard worker; the run goes on by itself once one is there',
    },
    cause,
  );
}

/** The report a workflow or update failure carries: its type is one of our codes. */
export function reportFromFailure(error: unknown): ErrorReport | null {
  for (let at: unknown = error, depth = 0; isFailure(at) && depth < 8; at = at.cause, depth += 1) {
    if (!isErrorCode(at.type)) continue;
    const first: unknown = Array.isArray(at.details) ? at.details[0] : undefined;
    return { ...detailsOf(first), code: at.type, message: String(at.message ?? at.type) };
  }
  return null;
}

function detailsOf(value: unknown): { where?: string; why?: string; fix?: string } {
  if (typeof value !== 'object' || value === null) return {};
  const found: { where?: string; why?: string; fix?: string } = {};
  for (const key of ['where', 'why', 'fix'] as const) {
    const part: unknown = Reflect.get(value, key);
    if (typeof part === 'string') found[key] = part;
  }
  return found;
}

function isFailure(value: unknown): value is Failure {
  return typeof value === 'object' && value !== null;
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function rootText(error: unknown): string {
  let at = error;
  for (let depth = 0; at instanceof Error && at.cause instanceof Error && depth < 6; depth += 1) at = at.cause;
  return text(at);
}

/** Codes that pass by themselves: a watcher goes on over them. */
export function isPassing(code: ErrorCode): boolean {
  return code === 'TY_TEMPORAL_UNREACHABLE' || code === 'TY_WORKER_MISSING';
}
