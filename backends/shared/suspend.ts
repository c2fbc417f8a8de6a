import type { KubeObject, SuspendStep } from '../../domain/cluster-job.ts';
import { at } from '../../domain/json.ts';

const KUEUE = 'kueue.x-k8s.io/queue-name';

/** Jobs that have a switch of their own for it: `spec.suspend`. With a queue of Kueue the switch is Kueue's. */
export function suspendBySwitch(job: KubeObject, suspended: boolean): SuspendStep {
  const queue = job.metadata.labels?.[KUEUE];
  if (queue !== undefined) {
    return { kind: 'refused', why: `Kueue holds it back and lets it go, as its queue ${queue} has room` };
  }
  if ((at(job, 'spec', 'suspend') === true) === suspended) return { kind: 'done' };
  return { kind: 'patch', body: { spec: { suspend: suspended } } };
}
