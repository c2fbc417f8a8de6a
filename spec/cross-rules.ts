import type { SpecIssue } from '../domain/errors.ts';
import { devicesOf } from './devices.ts';
import { gateFaults } from './gate-rules.ts';
import { packageKind } from './packaging.ts';
import { checkPlace } from './place-rules.ts';
import type { TrainingSpec } from './schema.ts';

type Fault = readonly [path: string, message: string] | false;

/** Rules that no single field can tell. Only asked of a spec whose fields are all right. */
export function checkTogether(spec: TrainingSpec): SpecIssue[] {
  const faults = [
    ...trainingFaults(spec),
    ...stageFaults(spec),
    ...boundFaults(spec),
    ...roleFaults(spec),
    ...gateFaults(spec),
  ];
  return [
    ...faults
      .filter((fault) => fault !== false)
      .map(([path, message]) => ({ path, code: 'TY_SPEC_INVALID' as const, message })),
    ...checkPlace(spec),
  ];
}

function trainingFaults({ model, code, recipe, roles }: TrainingSpec): Fault[] {
  const several = roles && roles.length > 0;
  return [
    !model && !code && ['model', 'is required: the repository with the code; or `code`, where that is elsewhere'],
    !recipe && !several && ['recipe', 'is required: what is trained'],
    recipe && several ? ['roles', 'stands beside recipe; keep one of them'] : false,
  ];
}

function stageFaults(spec: TrainingSpec): Fault[] {
  const packaged = packageKind(spec) !== 'none';
  const served = spec.serve && spec.serve.kind !== 'none';
  return [
    packaged &&
      spec.package?.script === undefined &&
      spec.package?.command === undefined && ['package', 'needs script or command: what exports the trained weights'],
    twice(spec.package) && ['package.command', 'stands beside script; keep one of them'],
    twice(spec.evaluate) && ['evaluate.command', 'stands beside script; keep one of them'],
    spec.evaluate && spec.evaluate.script === undefined && spec.evaluate.command === undefined
      ? ['evaluate', 'needs script or command']
      : false,
    spec.evaluate && !packaged ? ['evaluate', 'needs package: it scores the packaged artifact'] : false,
    served && !packaged ? ['serve', 'needs package: it serves the packaged artifact'] : false,
  ];
}

function twice(part: { readonly script?: unknown; readonly command?: unknown } | null | undefined): boolean {
  return part?.script !== undefined && part.command !== undefined;
}

interface Bounds {
  readonly cpu?: number | null | undefined;
  readonly memory?: number | null | undefined;
}

/** What is asked of the scheduler must not be more than what a replica may take. */
function boundFaults({ compute, roles }: TrainingSpec): Fault[] {
  const parts: readonly (readonly [string, Bounds, Bounds | null | undefined])[] = [
    ['compute', compute, compute.requests],
    ...(roles ?? []).map(({ resources = {} }, index) => {
      const { cpu = compute.cpu, memory = compute.memory, requests = compute.requests } = resources;
      return [`roles.${index}.resources`, { cpu, memory }, requests] as const;
    }),
  ];
  const faults = parts.flatMap(([path, bounds, requests]) =>
    (['cpu', 'memory'] as const).map((name): Fault => {
      const [request, bound] = [requests?.[name], bounds[name]];
      if (!request || !bound || request <= bound) return false;
      return [`${path}.requests.${name}`, `must be at most ${name}: ${request} is above ${bound}`];
    }),
  );
  return [...faults, deviceFault(compute, roles)];
}

function deviceFault({ procsPerReplica, accelerator }: TrainingSpec['compute'], roles: TrainingSpec['roles']): Fault {
  if (procsPerReplica !== 'gpu') return false;
  const asked = [accelerator, ...(roles ?? []).map((role) => role.resources?.accelerator)];
  if (asked.some((one) => devicesOf(one).some(({ count }) => count !== null))) return false;
  return ['compute.procsPerReplica', 'needs accelerator: gpu is one process a device'];
}

function roleFaults({ roles }: TrainingSpec): Fault[] {
  const names = (roles ?? []).map((role) => role.name);
  return (roles ?? []).flatMap(({ name, replicas, minSucceeded, maxFailed }, index): Fault[] => [
    names.indexOf(name) < index && [`roles.${index}.name`, `is the name of another role: ${name}`],
    minSucceeded && minSucceeded > replicas
      ? [`roles.${index}.minSucceeded`, `must be at most ${replicas}, its replicas`]
      : false,
    maxFailed >= replicas && [`roles.${index}.maxFailed`, `must be less than ${replicas}, its replicas`],
  ]);
}
