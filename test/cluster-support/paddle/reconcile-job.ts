import { MERGE_PATCH } from '../rest.ts';
import type { Rest } from '../rest.ts';
import {
  ROLES,
  cleansUp,
  countPods,
  environmentMap,
  modeOf,
  nextPhase,
  ownerOf,
  podName,
  podObject,
  replicasOf,
  replicasOfAll,
} from './job.ts';
import type { PaddleJob, PaddlePod, PaddleStatus } from './job.ts';

const FINALIZER = 'finalizers.paddlepaddle.org';

function pathOf({ metadata }: PaddleJob): string {
  return `/apis/batch.paddlepaddle.org/v1/namespaces/${metadata.namespace}/paddlejobs/${metadata.name}`;
}

/** One look at one job, which does what is next; every change that it makes brings the next look. */
export async function reconcileJob(
  rest: Rest,
  job: PaddleJob,
  pods: readonly PaddlePod[],
  volcano: boolean,
): Promise<void> {
  const finalizers = job.metadata.finalizers ?? [];
  if (job.metadata.deletionTimestamp !== undefined) {
    const left = finalizers.filter((one) => one !== FINALIZER);
    if (left.length < finalizers.length) await patchFinalizers(rest, job, left);
    return;
  }
  if (!finalizers.includes(FINALIZER)) return patchFinalizers(rest, job, [...finalizers, FINALIZER]);
  if (!(await sampleSetIsThere(rest, job))) return;
  const gang = volcano && usesVolcano(job);
  // Past this point nothing happens while the group is neither waiting for pods nor running.
  if (gang && !(await podGroupAdmits(rest, job))) return;

  const status = statusOf(job, pods);
  if (differs(job.status ?? {}, status)) {
    await rest.send('PATCH', `${pathOf(job)}/status`, { status }, MERGE_PATCH);
  }
  const phase = status.phase ?? 'Pending';
  if (phase === 'Completed' || phase === 'Failed') {
    if (cleansUp(job, phase)) await Promise.all(pods.map((pod) => removePod(rest, pod)));
    return;
  }
  await createPods(rest, job, pods, gang);
  const data = environmentMap(job, pods);
  if (data === null) return;
  const { name, namespace } = job.metadata;
  const map = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, ownerReferences: ownerOf(job) },
    data,
  };
  await rest.send('POST', `/api/v1/namespaces/${namespace}/configmaps`, map);
}

function patchFinalizers(rest: Rest, job: PaddleJob, finalizers: readonly string[]): Promise<void> {
  return rest.send('PATCH', pathOf(job), { metadata: { finalizers } }, MERGE_PATCH).then(() => undefined);
}

async function sampleSetIsThere(rest: Rest, job: PaddleJob): Promise<boolean> {
  const ref = job.spec.sampleSetRef;
  if (ref?.name === undefined) return true;
  // It is looked for in the namespace that the reference names, while its claim is mounted in the job's own.
  const namespace = ref.namespace ?? job.metadata.namespace;
  const path = `/apis/batch.paddlepaddle.org/v1alpha1/namespaces/${namespace}/samplesets/${ref.name}`;
  if ((await rest.send('GET', path)).status === 200) return true;
  await tell(rest, job, 'Warning', 'Create', `get sampleset ${namespace}/${ref.name} error`);
  return false;
}

/** A job whose pods name another scheduler is left to it. */
function usesVolcano(job: PaddleJob): boolean {
  return ROLES.every((role) => ['volcano', undefined, ''].includes(job.spec[role]?.template?.spec?.schedulerName));
}

async function podGroupAdmits(rest: Rest, job: PaddleJob): Promise<boolean> {
  const { name, namespace } = job.metadata;
  const groups = `/apis/scheduling.volcano.sh/v1beta1/namespaces/${namespace}/podgroups`;
  const found = await rest.send('GET', `${groups}/${name}`);
  if (found.status === 200) {
    const phase = (found.body as { status?: { phase?: string } }).status?.phase ?? '';
    return phase === 'Inqueue' || phase === 'Running';
  }
  const { minAvailable = replicasOfAll(job), queue, priorityClass } = job.spec.schedulingPolicy ?? {};
  await rest.send('POST', groups, {
    apiVersion: 'scheduling.volcano.sh/v1beta1',
    kind: 'PodGroup',
    metadata: { name, namespace, ownerReferences: ownerOf(job) },
    spec: {
      minMember: minAvailable,
      ...(queue === undefined ? {} : { queue }),
      ...(priorityClass === undefined ? {} : { priorityClassName: priorityClass }),
    },
  });
  return false;
}

function statusOf(job: PaddleJob, pods: readonly PaddlePod[]): PaddleStatus {
  const phase = nextPhase(job);
  const before = job.status ?? {};
  const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const counts = ROLES.map((role) => {
    const own = pods.filter(({ metadata }) => metadata.labels?.['paddle-res-type'] === role);
    // After a clean-up there is nothing left to count.
    return [role, own.length === 0 ? null : countPods(own)] as const;
  });
  const isOver = phase === 'Completed' || phase === 'Failed';
  return {
    ...Object.fromEntries(counts),
    phase,
    mode: modeOf(job),
    ...(phase === 'Running' ? { startTime: before.startTime ?? time } : {}),
    ...(isOver ? { completionTime: before.completionTime ?? time } : {}),
  };
}

/** Whether a merge of `next` would change what is so; fields that would go count only while they are there. */
function differs(before: object, next: object): boolean {
  const old = before as Readonly<Record<string, unknown>>;
  return Object.entries(next).some(([key, value]) => {
    const was = old[key] ?? null;
    if (typeof value === 'object' && value !== null) return was === null || differs(was as object, value as object);
    return (was ?? null) !== value && !(was === null && value === 0);
  });
}

async function createPods(rest: Rest, job: PaddleJob, pods: readonly PaddlePod[], gang: boolean): Promise<void> {
  const there = new Set(pods.map(({ metadata }) => metadata.name));
  const { namespace } = job.metadata;
  for (const role of ROLES) {
    for (let index = 0; index < replicasOf(job, role); index += 1) {
      const name = podName(job, role, index);
      if (there.has(name)) continue;
      if (job.spec.intranet === 'Service') await createService(rest, job, name);
      const made = await rest.send('POST', `/api/v1/namespaces/${namespace}/pods`, podObject(job, role, index, gang));
      if (made.status < 300) await tell(rest, job, 'Normal', 'Created', `create pod ${name}`);
    }
  }
}

async function createService(rest: Rest, job: PaddleJob, name: string): Promise<void> {
  const { namespace } = job.metadata;
  const spec = { clusterIP: 'None', selector: { 'paddle-res-name': name }, ports: [{ port: 2379 }] };
  const metadata = { name, namespace, ownerReferences: ownerOf(job) };
  await rest.send('POST', `/api/v1/namespaces/${namespace}/services`, { metadata, spec });
}

async function removePod(rest: Rest, { metadata }: PaddlePod): Promise<void> {
  await rest.send('DELETE', `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`);
}

/** An Event of this name is told once: a repetition is refused. */
async function tell(rest: Rest, job: PaddleJob, type: string, reason: string, message: string): Promise<void> {
  const { name, namespace, uid } = job.metadata;
  const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const about = message
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(-60)
    .replace(/^-+/, '');
  await rest.send('POST', `/api/v1/namespaces/${namespace}/events`, {
    metadata: { name: `${name}.${uid.slice(0, 8)}.${about}`, namespace },
    involvedObject: { apiVersion: 'batch.paddlepaddle.org/v1', kind: 'PaddleJob', name, namespace, uid },
    type,
    reason,
    message,
    source: { component: 'paddlejob-controller' },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  });
}
