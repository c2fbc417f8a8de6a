import type { RolePlan } from '../domain/job.ts';
import type { TrainingCommand } from '../recipes/recipe.ts';
import { isBuilt, trainingCommand } from '../recipes/registry.ts';
import { devicesOf } from './devices.ts';
import type { Environment } from './fields/compute.ts';
import type { TrainingSpec } from './schema.ts';

/** The roles of the training job: those of `roles`, else the one of the recipe. */
export function trainRoles(spec: TrainingSpec): readonly RolePlan[] {
  const { compute } = spec;
  const roles = spec.roles ?? [];
  const commands = trainedBy(spec);
  if (roles.length === 0) {
    const procsPerReplica = procsOf(compute.procsPerReplica, compute.accelerator);
    return commands.map(({ launcher, step }) => ({
      name: 'worker',
      replicas: compute.replicas,
      procsPerReplica,
      launcher,
      steps: [step],
      env: plainEnvironment(compute.env),
    }));
  }
  return roles.flatMap((role, index) => {
    const command = commands[index];
    if (command === undefined) return [];
    const accelerator = role.resources?.accelerator;
    return [
      {
        name: role.name,
        replicas: role.replicas,
        procsPerReplica: procsOf(
          compute.procsPerReplica,
          accelerator === undefined ? compute.accelerator : accelerator,
        ),
        launcher: command.launcher,
        steps: [command.step],
        env: plainEnvironment({ ...compute.env, ...role.env }),
      },
    ];
  });
}

/** What each role runs. Throws if the recipe is not built; parsing has refused those. */
export function trainedBy({ roles, recipe }: TrainingSpec): readonly TrainingCommand[] {
  if (roles && roles.length > 0) {
    return roles.map(({ command, params }) => trainingCommand({ kind: 'command', command, args: params }));
  }
  if (recipe && isBuilt(recipe)) return [trainingCommand(recipe)];
  throw new TypeError(`the recipe ${recipe?.kind ?? 'of a spec without one'} is not built`);
}

/** The variables that are text; the others are kept in secrets. */
export function plainEnvironment(env: Environment): Record<string, string> {
  const text = Object.entries(env).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(text);
}

/** Processes of a replica; those that are not told by number are one a device. */
function procsOf(
  asked: TrainingSpec['compute']['procsPerReplica'],
  accelerator: TrainingSpec['compute']['accelerator'],
): number {
  if (typeof asked === 'number') return asked;
  const devices = devicesOf(accelerator).reduce((sum, { count }) => sum + (count ?? 0), 0);
  return Math.max(1, devices);
}
