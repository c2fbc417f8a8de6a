import type { KubeObject, WatchedKind } from '../../domain/cluster-job.ts';
import { KUBE_LABELS } from '../../domain/cluster-job.ts';
import { textAt } from '../../domain/json.ts';

/** A job's name as `domain/names.ts` makes it, alone or before what a framework puts behind it. */
const JOB_NAME = /^([a-z][-a-z0-9]*-[a-z2-7]{8}-[tp]\d+)(?=$|[-.])/;

/** The job that an object's name was made from; `null` if from none. */
export function jobNameIn(name: string): string | null {
  return JOB_NAME.exec(name)?.[1] ?? null;
}

/** The jobs an object belongs to. Frameworks name what they make after the job, so that the name tells its owner. */
export function jobsOf(kind: WatchedKind, object: KubeObject): readonly string[] {
  const { metadata } = object;
  switch (kind.link) {
    case 'name':
      return [metadata.name];
    case 'label':
      return asList(metadata.labels?.[KUBE_LABELS.job] ?? null);
    case 'owner':
      return (metadata.ownerReferences ?? []).flatMap((owner) => asList(jobNameIn(owner.name)));
    case 'involved':
      return asList(jobNameIn(textAt(object, 'involvedObject', 'name') ?? ''));
    case 'reference':
      return [];
  }
}

/** The name that a job gives of an object it refers to. */
export function referenceIn(job: KubeObject, kind: WatchedKind): string | null {
  return kind.link === 'reference' ? textAt(job, ...(kind.path ?? [])) : null;
}

function asList(name: string | null): readonly string[] {
  return name === null ? [] : [name];
}
