import { excludedProfiles } from '../domain/accelerators.ts';
import type { SpecIssue } from '../domain/errors.ts';
import { devicesOf } from './devices.ts';
import type { Environment } from './fields/compute.ts';
import type { TrainingSpec } from './schema.ts';

type Finding = readonly [path: string, message: string] | false;

/** What the backend of a spec cannot do, told by the fields that ask for it. */
export function checkPlace(spec: TrainingSpec): SpecIssue[] {
  const findings = spec.backend.kind === 'local' ? onThisMachine(spec) : onCluster(spec);
  return [...unsupported(findings), ...exclusions(spec)];
}

const NEEDS_CLUSTER = 'needs a cluster; backend local runs processes of this machine';

/**
 * Processes of this machine get nothing of a pod. A field whose lack changes what is trained, or on what, is refused;
 * one that only says how a pod is made has no effect, so that a spec moves between this machine and a cluster.
 */
function onThisMachine({ compute, code, dataset, roles, package: packaging }: TrainingSpec): Finding[] {
  const asked: readonly (readonly [string, unknown])[] = [
    ['code.configMap', code?.configMap],
    ['code.hostPath', code?.hostPath],
    ['code.image', code?.image],
    ['dataset.claim', dataset?.claim],
    ['dataset.sampleSet', dataset?.sampleSet],
    ['dataset.mountPath', dataset?.mountPath],
    ['compute.accelerator', devicesOf(compute.accelerator)],
    ['compute.scratch.claim', compute.scratch?.claim],
    ['compute.scratch.volumeClaim', compute.scratch?.volumeClaim],
    ['compute.volumes', compute.volumes],
    ['roles', roles],
    ...secretsOf('compute.env', compute.env),
    ...secretsOf('package.compute.env', packaging?.compute?.env ?? {}),
  ];
  return asked.filter(([, value]) => isAsked(value)).map(([path]) => [path, NEEDS_CLUSTER]);
}

function onCluster({ backend, dataset, roles }: TrainingSpec): Finding[] {
  const several = (roles ?? []).length > 1;
  return [
    dataset?.sampleSet !== undefined &&
      backend.kind !== 'paddlejob' && [
        'dataset.sampleSet',
        'needs backend paddlejob: PaddleCloud alone has sample sets',
      ],
    several &&
      (backend.kind === 'kubernetes-job' || backend.kind === 'trainjob') && [
        'roles',
        `must be one: all replicas of backend ${backend.kind} are alike; backend volcano takes any roles`,
      ],
  ];
}

function secretsOf(path: string, env: Environment): (readonly [string, unknown])[] {
  const names = Object.keys(env).filter((name) => typeof env[name] !== 'string');
  return names.map((name) => [`${path}.${name}.secret`, true]);
}

function isAsked(value: unknown): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
}

function unsupported(findings: readonly Finding[]): SpecIssue[] {
  return findings
    .filter((finding) => finding !== false)
    .map(([path, message]) => ({ path, code: 'TY_BACKEND_UNSUPPORTED', message }));
}

/** Whole devices or shares of them, not both: found now, and not when the job is refused hours later. */
function exclusions({ compute, roles }: TrainingSpec): SpecIssue[] {
  const asked = [
    ['compute.accelerator', compute.accelerator] as const,
    ...(roles ?? []).map(
      (role, index) => [`roles.${index}.resources.accelerator`, role.resources?.accelerator] as const,
    ),
  ];
  return asked.flatMap(([path, accelerator]) => {
    const names = [...new Set(excludedProfiles(devicesOf(accelerator)))];
    const message = `has devices that exclude each other: ${names.join(', ')}; ask for whole devices or for shares, once`;
    return names.length === 0 ? [] : [{ path, code: 'TY_BACKEND_ACCELERATOR' as const, message }];
  });
}
