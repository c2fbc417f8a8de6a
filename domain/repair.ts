import type { RepairRequest } from './messages.ts';
import { OPTIONAL_STAGES, type Stage } from './stage.ts';

/** Fields that one answer may change. */
const MOST_FIELDS = 50;

/** Why an answer cannot be given to a run that is parked in a stage; `null` if it can. Trusts nothing of it. */
export function faultOfRepair(request: RepairRequest, stage: Stage, stages: readonly Stage[]): string | null {
  const { action, set } = request;
  if (!['retry', 'skip', 'abort'].includes(action)) {
    return `unknown action ${String(action)}: use retry, skip or abort`;
  }
  if (action === 'skip' && !OPTIONAL_STAGES.includes(stage)) {
    return `stage ${stage} cannot be skipped: use retry or abort`;
  }
  if (action === 'skip' && stage === 'package' && stages.some(usesPackage)) {
    return 'stage package cannot be skipped while its result is to be pushed or served: use retry or abort';
  }
  if (set === undefined || set.length === 0) return null;
  if (action !== 'retry') return `set goes with retry, not with ${action}`;
  if (!Array.isArray(set) || !set.every((one) => typeof one === 'string')) return 'set must be a list of path=value';
  return set.length > MOST_FIELDS ? `set must have at most ${MOST_FIELDS} entries` : null;
}

function usesPackage(stage: Stage): boolean {
  return stage === 'push' || stage === 'register';
}
