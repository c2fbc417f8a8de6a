import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { JobPhase, JobProgress } from '../../domain/job.ts';

/** Activities that hold nothing while they wait. */
const WAITING: readonly string[] = ['awaitJob', 'takeSlot'];

const PHASES: readonly JobPhase[] = ['queued', 'starting', 'running'];

/**
 * What the job that a run waits for is doing: details of the waiting activity's last heartbeat. `null` when no job is
 * waited for, or nothing was told of it yet.
 */
export async function jobProgressOf(client: Client, info: WorkflowExecutionDescription): Promise<JobProgress | null> {
  const waiting = info.raw.pendingActivities?.find((one) => WAITING.includes(one.activityType?.name ?? ''));
  const payloads = waiting?.heartbeatDetails?.payloads;
  const { payloadConverter, payloadCodecs } = client.options.loadedDataConverter;
  let decoded = payloads ?? [];
  for (const codec of payloadCodecs.toReversed()) decoded = await codec.decode(decoded);
  const [details] = decoded;
  if (details === undefined) return null;
  return asProgress(payloadConverter.fromPayload<unknown>(details));
}

function asProgress(value: unknown): JobProgress | null {
  if (typeof value !== 'object' || value === null || !('phase' in value) || !('reason' in value)) return null;
  const phase = PHASES.find((one) => one === value.phase);
  return phase === undefined ? null : { phase, reason: typeof value.reason === 'string' ? value.reason : null };
}
