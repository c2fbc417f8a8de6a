import type { ClusterSite, KubeObject } from '../../domain/cluster-job.ts';
import type { ClusterJobOptions, RoleTerms } from '../../domain/pod-plan.ts';
import { TrainyardError } from '../../domain/errors.ts';
import type { JobRequest, RolePlan } from '../../domain/job.ts';
import { jobMetadata } from '../shared/labels.ts';
import { replicasOf } from '../shared/network.ts';
import { podTemplate, rolePod } from '../shared/pod-template.ts';
import { jobClaims } from '../shared/pod-volumes.ts';
import { checkVolcanoNames } from './names.ts';
import { volcanoNetwork } from './network.ts';
import type { VolcanoBackendOptions } from './options.ts';
import { RESUMES } from './suspend.ts';

type Options = ClusterJobOptions<VolcanoBackendOptions>;

interface Policy {
  readonly event: string;
  readonly action: string;
}

/** One pod ends the job: Trainyard starts it anew, and under another name, so that no log is lost. */
const EVICTED: Policy = { event: 'PodEvicted', action: 'TerminateJob' };
const FAILED: Policy = { event: 'PodFailed', action: 'TerminateJob' };

/** A Job of Volcano: each role is a task, and all replicas start together or none does. */
export function renderVolcanoJob(request: JobRequest, site: ClusterSite, options: Options): readonly KubeObject[] {
  const { roles } = request.plan;
  const { backend } = options;
  checkVolcanoNames(request, (backend.volumes ?? []).length > 0);
  const least = leastReplicas(request, backend);
  const metadata = jobMetadata(request, site.namespace);
  const job: KubeObject = {
    apiVersion: 'batch.volcano.sh/v1alpha1',
    kind: 'Job',
    metadata: { ...metadata, annotations: { ...metadata.annotations, ...preemption(backend) } },
    spec: {
      schedulerName: 'volcano',
      minAvailable: least ?? replicasOf(request),
      ...(backend.queue === undefined ? {} : { queue: backend.queue }),
      ...(backend.priorityClass === undefined ? {} : { priorityClassName: backend.priorityClass }),
      ...topology(backend),
      // Nothing is tried again without a policy that says so; each resume of a suspended job counts as a retry.
      maxRetry: 1 + RESUMES,
      ...(replicasOf(request) > 1 ? { plugins: PLUGINS } : {}),
      ...volumes(backend),
      tasks: roles.map((role) => task(request, site, options, role, least)),
    },
  };
  return [...claimsOf(request, site, options), job];
}

/** Ranks meet while they start: their names are known before they are ready. */
const PLUGINS = { svc: ['--publish-not-ready-addresses=true'], env: [] } as const;

function leastReplicas(request: JobRequest, { minReplicas }: VolcanoBackendOptions): number | null {
  if (minReplicas === undefined || request.plan.purpose !== 'train') return null;
  const [role, ...others] = request.plan.roles;
  const refuse = (message: string, fix: string): TrainyardError =>
    new TrainyardError('TY_BACKEND_UNSUPPORTED', message, { where: 'backend.minReplicas', fix });
  if (role === undefined || others.length > 0) {
    throw refuse('only a job of one role can do with fewer replicas', 'use roles[].minSucceeded');
  }
  if (minReplicas > role.replicas) {
    throw refuse(
      `${minReplicas} replicas cannot be the least of ${role.replicas}`,
      'lower it, or raise compute.replicas',
    );
  }
  return minReplicas === role.replicas ? null : minReplicas;
}

function task(request: JobRequest, site: ClusterSite, options: Options, role: RolePlan, least: number | null) {
  const network = volcanoNetwork(request, role, least);
  return {
    name: role.name,
    replicas: role.replicas,
    minAvailable: least ?? role.replicas,
    policies: policies(options.roles[role.name], least),
    template: podTemplate({ request, site, options, role, network }),
  };
}

/** What a role may lose is counted by Trainyard, because Volcano ends the job with the first pod or not at all. */
function policies(terms: RoleTerms | undefined, least: number | null): readonly Policy[] {
  const bears = least !== null || (terms?.maxFailed ?? 0) > 0;
  const completes: Policy[] = terms?.main === true ? [{ event: 'TaskCompleted', action: 'CompleteJob' }] : [];
  return [...(bears ? [] : [FAILED]), ...(least === null ? [EVICTED] : []), ...completes];
}

function preemption({ preemptable }: VolcanoBackendOptions): Readonly<Record<string, string>> {
  return preemptable === undefined ? {} : { 'volcano.sh/preemptable': String(preemptable) };
}

function topology({ networkTopology }: VolcanoBackendOptions): Readonly<Record<string, unknown>> {
  if (networkTopology === undefined) return {};
  const { mode, highestTier } = networkTopology;
  return { networkTopology: { mode, highestTierAllowed: highestTier } };
}

function volumes({ volumes: own = [] }: VolcanoBackendOptions): Readonly<Record<string, unknown>> {
  if (own.length === 0) return {};
  return {
    volumes: own.map((volume) =>
      'claim' in volume
        ? { mountPath: volume.mountPath, volumeClaimName: volume.claim }
        : {
            mountPath: volume.mountPath,
            volumeClaim: {
              accessModes: [volume.volumeClaim.accessMode],
              ...(volume.volumeClaim.storageClass === undefined
                ? {}
                : { storageClassName: volume.volumeClaim.storageClass }),
              resources: { requests: { storage: volume.volumeClaim.size } },
            },
          },
    ),
  };
}

/** One claim a job, whichever of its roles keep their scratch files. */
function claimsOf(request: JobRequest, site: ClusterSite, options: Options): readonly KubeObject[] {
  const all = request.plan.roles.flatMap((role) => jobClaims(request, site, rolePod(options, role)));
  return all.slice(0, 1);
}
