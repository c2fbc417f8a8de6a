import { excludedProfiles, wantedDevices } from '../../domain/accelerators.ts';
import type { AcceleratorProfile } from '../../domain/cluster-job.ts';
import { TrainyardError } from '../../domain/errors.ts';
import type { JobPlan } from '../../domain/job.ts';
import type { AcceleratorPlan, PodPlan } from '../../domain/pod-plan.ts';

export interface Resources {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

const MIB = 2 ** 20;

const PROFILES: Readonly<Record<string, AcceleratorProfile>> = {
  nvidia: { count: 'nvidia.com/gpu', cores: null, memory: null },
  hami: { count: 'nvidia.com/gpu', cores: 'nvidia.com/gpucores', memory: 'nvidia.com/gpumem' },
  'alauda-hami': { count: 'nvidia.com/gpualloc', cores: 'nvidia.com/gpucores', memory: 'nvidia.com/gpumem' },
  'volcano-vgpu': { count: 'volcano.sh/vgpu-number', cores: 'volcano.sh/vgpu-cores', memory: 'volcano.sh/vgpu-memory' },
  ascend910: { count: 'huawei.com/Ascend910', cores: null, memory: null },
};

/**
 * Requests and limits of a container. What is not asked for is left out, not set to zero.
 * @throws TrainyardError `TY_BACKEND_ACCELERATOR`, or `TY_BACKEND_UNSUPPORTED` for a request above its limit
 */
export function podResources(
  plan: JobPlan,
  pod: PodPlan,
  profiles: Readonly<Record<string, AcceleratorProfile>>,
): Resources {
  const cpu = pod.cpu ?? plan.resources.cpu;
  const memory = pod.memoryBytes ?? plan.resources.memoryBytes;
  assertBelow('compute.cpu', pod.cpuRequest, cpu);
  assertBelow('compute.memory', pod.memoryRequestBytes, memory);
  const limits = {
    ...amount('cpu', cpu, coresText),
    ...amount('memory', memory, String),
    ...acceleratorLimits(pod.accelerators, profiles),
  };
  const requests = {
    ...amount('cpu', pod.cpuRequest, coresText),
    ...amount('memory', pod.memoryRequestBytes, String),
  };
  return {
    ...(Object.keys(requests).length > 0 ? { requests } : {}),
    ...(Object.keys(limits).length > 0 ? { limits } : {}),
  };
}

/** `2`, `500m`. */
function coresText(cores: number): string {
  return Number.isInteger(cores) ? String(cores) : `${Math.ceil(cores * 1000)}m`;
}

function amount(name: string, value: number | null, text: (value: number) => string): Record<string, string> {
  return value === null ? {} : { [name]: text(value) };
}

function assertBelow(where: string, request: number | null, limit: number | null): void {
  if (request === null || limit === null || request <= limit) return;
  throw new TrainyardError('TY_BACKEND_UNSUPPORTED', `a request of ${request} is above its limit of ${limit}`, {
    where,
  });
}

function acceleratorLimits(
  asked: readonly AcceleratorPlan[],
  profiles: Readonly<Record<string, AcceleratorProfile>>,
): Record<string, string> {
  const wanted = wantedDevices(asked);
  const same = excludedProfiles(wanted);
  if (same.length > 0) throw excluded([...new Set(same)]);
  const limits: Record<string, string> = {};
  for (const one of wanted) {
    for (const [name, value] of Object.entries(deviceLimits(one, profiles))) {
      if (name in limits) throw excluded(wanted.map((other) => other.profile));
      limits[name] = value;
    }
  }
  return limits;
}

function excluded(names: readonly string[]): TrainyardError {
  return new TrainyardError(
    'TY_BACKEND_ACCELERATOR',
    `the accelerators ${names.join(' and ')} exclude each other: whole devices or shares of them, not both`,
    { where: 'compute.accelerator', why: 'they give out the same devices', fix: `ask for ${names.join(' or ')} only` },
  );
}

function deviceLimits(
  asked: AcceleratorPlan,
  profiles: Readonly<Record<string, AcceleratorProfile>>,
): Record<string, string> {
  const known = { ...PROFILES, ...profiles };
  const profile = Object.hasOwn(known, asked.profile) ? known[asked.profile] : undefined;
  if (profile === undefined) {
    throw new TrainyardError('TY_BACKEND_ACCELERATOR', `no accelerator profile is called ${asked.profile}`, {
      where: 'compute.accelerator.profile',
      fix: `use one of ${Object.keys(known).join(', ')}`,
    });
  }
  return {
    ...amount(profile.count, asked.count, String),
    ...share(asked.profile, 'cores', profile.cores, asked.cores),
    ...share(asked.profile, 'memory', profile.memory, asked.memoryBytes && Math.ceil(asked.memoryBytes / MIB)),
  };
}

function share(profile: string, what: 'cores' | 'memory', name: string | null, value: number | null) {
  if (value === null) return {};
  if (name !== null) return { [name]: String(value) };
  throw new TrainyardError(
    'TY_BACKEND_ACCELERATOR',
    `the profile ${profile} gives out whole devices, not their ${what}`,
    {
      where: `compute.accelerator.${what}`,
      fix: `leave out accelerator.${what}, or use a profile of shares`,
    },
  );
}
