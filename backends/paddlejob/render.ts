import type { ClusterSite, KubeObject } from '../../domain/cluster-job.ts';
import type { ClusterJobOptions } from '../../domain/pod-plan.ts';
import { TrainyardError } from '../../domain/errors.ts';
import type { JobRequest, RolePlan } from '../../domain/job.ts';
import { jobMetadata } from '../shared/labels.ts';
import { replicasOf } from '../shared/network.ts';
import { podTemplate, rolePod } from '../shared/pod-template.ts';
import type { PodTemplate } from '../shared/pod-template.ts';
import { jobClaims } from '../shared/pod-volumes.ts';
import { checkPaddleJobName } from './names.ts';
import { paddleNetwork } from './network.ts';
import type { PaddlejobBackendOptions } from './options.ts';
import { paddleRoles } from './roles.ts';
import type { PaddleRole } from './roles.ts';
import { assertMountable, newSampleSet, sampleSetRef } from './sample-set-object.ts';

export const PADDLE_API = 'batch.paddlepaddle.org/v1';

type Options = ClusterJobOptions<PaddlejobBackendOptions>;

/**
 * A PaddleJob and, where the spec has one made, its SampleSet. Nothing on the cluster checks a PaddleJob: what it
 * cannot hold is refused here.
 * @throws TrainyardError `TY_BACKEND_*`
 */
export function renderPaddleJob(request: JobRequest, site: ClusterSite, options: Options): readonly KubeObject[] {
  const parts = paddleRoles(request.plan.roles);
  const replicas = Object.fromEntries([...parts].map(([part, role]) => [part, role.replicas]));
  checkPaddleJobName(request.name, replicas);
  assertTerms(request, options);
  const sampleSet = options.backend.sampleSet;
  const reference = sampleSetRef(site, options);
  const resources = [...parts].map(([part, role]) => {
    const template = renderPart(request, site, options, parts, role);
    if (reference !== null) assertMountable(template, reference);
    return [part, { replicas: role.replicas, template }] as const;
  });
  const workers = parts.get('worker')?.replicas ?? 1;
  const made =
    reference === null || sampleSet === undefined
      ? []
      : newSampleSet(request, site, reference.name, sampleSet, workers);
  const claims = [...parts.values()].flatMap((role) => jobClaims(request, site, rolePod(options, role)));
  const job = {
    apiVersion: PADDLE_API,
    kind: 'PaddleJob',
    metadata: jobMetadata(request, site.namespace),
    spec: {
      ...jobPolicies(request, site, options.backend, parts),
      ...(reference === null ? {} : { sampleSetRef: reference }),
      ...Object.fromEntries(resources),
    },
  };
  return [...uniqueByName(claims), ...made, job];
}

function jobPolicies(
  request: JobRequest,
  site: ClusterSite,
  backend: PaddlejobBackendOptions,
  parts: ReadonlyMap<PaddleRole, RolePlan>,
): Readonly<Record<string, unknown>> {
  const { queue, priorityClass, gloo } = backend;
  if (queue !== undefined && site.dialects.podGroups !== 'volcano') {
    throw unsupported(`nothing on the site has a queue ${queue}`, 'backend.queue', 'leave out backend.queue');
  }
  if (gloo !== undefined && gloo > 0 && !parts.has('ps')) {
    throw unsupported('workers meet over gloo at a server, and there is none', 'backend.gloo', 'add a role `ps`');
  }
  return {
    cleanPodPolicy: backend.cleanPodPolicy,
    intranet: backend.intranet,
    ...(gloo === undefined ? {} : { withGloo: gloo }),
    // Read only by an operator that schedules with Volcano; then all pods start, or none.
    schedulingPolicy: {
      minAvailable: replicasOf(request),
      ...(queue === undefined ? {} : { queue }),
      ...(priorityClass === undefined ? {} : { priorityClass }),
    },
  };
}

function renderPart(
  request: JobRequest,
  site: ClusterSite,
  options: Options,
  parts: ReadonlyMap<PaddleRole, RolePlan>,
  role: RolePlan,
): PodTemplate {
  const { intranet, priorityClass } = options.backend;
  const network = paddleNetwork(request, parts, role, intranet);
  const template = asOurselves(podTemplate({ request, site, options, role, network }));
  if (priorityClass === undefined) return template;
  return { ...template, spec: { ...template.spec, priorityClassName: priorityClass } };
}

/**
 * The operator adds an init container that creates a file in the root folder of an image of its own, as that image's
 * user. The user of the workspace must therefore be set container by container.
 */
function asOurselves(template: PodTemplate): PodTemplate {
  const { securityContext, initContainers, containers, ...spec } = template.spec;
  const { runAsUser, runAsGroup, runAsNonRoot, ...ofPod } = securityContext as Readonly<Record<string, unknown>>;
  const own = <C extends { readonly securityContext: object }>(container: C): C => ({
    ...container,
    securityContext: { ...container.securityContext, runAsUser, runAsGroup, runAsNonRoot },
  });
  const [main, ...others] = containers;
  const first = (initContainers ?? []) as readonly (typeof main)[];
  return {
    metadata: template.metadata,
    spec: {
      ...spec,
      ...(first.length > 0 ? { initContainers: first.map(own) } : {}),
      containers: [own(main), ...others.map(own)],
      securityContext: ofPod,
    },
  };
}

/** One failed pod fails a PaddleJob for good, and it succeeds with all of them. */
function assertTerms(request: JobRequest, options: Options): void {
  for (const role of request.plan.roles) {
    const terms = options.roles[role.name];
    if (terms === undefined) continue;
    const { minSucceeded, maxFailed } = terms;
    if (maxFailed === 0 && (minSucceeded === null || minSucceeded === role.replicas)) continue;
    const where = `roles: minSucceeded and maxFailed of ${role.name}`;
    throw unsupported('a PaddleJob needs all its pods to succeed', where, 'leave them out, or use backend volcano');
  }
}

function uniqueByName(objects: readonly KubeObject[]): readonly KubeObject[] {
  return [...new Map(objects.map((one) => [one.metadata.name, one])).values()];
}

function unsupported(message: string, where: string, fix: string): TrainyardError {
  return new TrainyardError('TY_BACKEND_UNSUPPORTED', message, { where, fix });
}
