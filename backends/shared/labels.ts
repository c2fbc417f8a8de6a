import { KUBE_ANNOTATIONS, KUBE_LABELS } from '../../domain/cluster-job.ts';
import type { KubeMetadata } from '../../domain/cluster-job.ts';
import type { JobRequest, RolePlan } from '../../domain/job.ts';

/** Labels of every object of a job. */
export function jobLabels(request: JobRequest): Readonly<Record<string, string>> {
  return {
    'app.kubernetes.io/managed-by': 'trainyard',
    [KUBE_LABELS.job]: request.name,
    [KUBE_LABELS.run]: labelValue(request.runId),
    [KUBE_LABELS.purpose]: request.plan.purpose,
    [KUBE_LABELS.attempt]: String(request.attempt),
  };
}

export function roleLabels(request: JobRequest, role: RolePlan): Readonly<Record<string, string>> {
  return { ...jobLabels(request), [KUBE_LABELS.role]: role.name };
}

export function jobAnnotations(request: JobRequest): Readonly<Record<string, string>> {
  return { [KUBE_ANNOTATIONS.runId]: request.runId };
}

/** What every object of a job says about itself. */
export function jobMetadata(request: JobRequest, namespace: string, name = request.name): KubeMetadata {
  return { name, namespace, labels: jobLabels(request), annotations: jobAnnotations(request) };
}

/** A run's id may be longer than a label; ids that only differ behind that are told apart by the annotation. */
function labelValue(text: string): string {
  return text.slice(0, 63).replace(/[^A-Za-z0-9]+$/, '');
}
