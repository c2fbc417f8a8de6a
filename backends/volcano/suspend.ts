import type { KubeObject, SuspendStep } from '../../domain/cluster-job.ts';
import { countAt, textAt } from '../../domain/json.ts';

/** So often a job can be resumed: Volcano counts each as a retry, and fails a job that has none left. */
export const RESUMES = 1000;

const STOPPED = ['Aborting', 'Aborted'];
const OVER = ['Completing', 'Completed', 'Terminating', 'Terminated', 'Failed'];

/** Volcano's jobs are asked by a Command, which its controller takes away before it acts, at most once. */
export function suspendByCommand(job: KubeObject, suspended: boolean): SuspendStep {
  const phase = textAt(job, 'status', 'state', 'phase') ?? 'Pending';
  if (OVER.includes(phase)) return { kind: 'refused', why: `Volcano is ending it (${phase})` };
  if (STOPPED.includes(phase) === suspended) return { kind: 'done' };
  const left = countAt(job, 'spec', 'maxRetry') - countAt(job, 'status', 'retryCount');
  if (suspended && left <= 1) {
    return { kind: 'refused', why: 'Volcano would fail it when it is resumed: it has no retry left' };
  }
  return { kind: 'ask', object: command(job, suspended ? 'AbortJob' : 'ResumeJob') };
}

function command(job: KubeObject, action: 'AbortJob' | 'ResumeJob'): KubeObject {
  const { apiVersion, kind } = job;
  const { name, namespace, uid = '' } = job.metadata;
  const target = { apiVersion, kind, name, uid, controller: true };
  return {
    apiVersion: 'bus.volcano.sh/v1alpha1',
    kind: 'Command',
    metadata: {
      name: `${name}-${action.toLowerCase()}`,
      ...(namespace === undefined ? {} : { namespace }),
      // One that nobody takes goes with the job.
      ownerReferences: [target],
    },
    action,
    target,
  };
}
