import { createHash } from 'node:crypto';
import { isRunId } from '../domain/names.ts';

/** A workflow id of any client can be anything; the run's folder is named by it only where it is safe. */
export function toRunId(workflowId: string): string {
  if (isRunId(workflowId)) return workflowId;
  return `run-${createHash('sha256').update(workflowId).digest('hex').slice(0, 32)}`;
}
