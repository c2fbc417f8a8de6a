import { z } from 'zod';
import type { SlotPlan } from '../domain/plan.ts';
import { name } from './fields/name.ts';

const project = z.strictObject({
  maxRuns: z
    .int()
    .min(1)
    .max(100_000)
    .nullable()
    .default(null)
    .describe('Runs that go on at once; `null` for any number'),
  maxRunsPerTemplate: z
    .int()
    .min(1)
    .max(100_000)
    .nullable()
    .default(null)
    .describe('The same among runs of one template, or of one name where no template started them'),
});

/** `projects:` of the settings file. */
export const projectsField = z.record(name, project).describe('What the runs of a project may take at once');

/** Bounds of projects, by name. */
export type Projects = Readonly<Record<string, z.output<typeof project>>>;

/** The projects of several layers of the settings, the later ones replacing those of the same name. */
export function mergeProjects(layers: readonly (z.output<typeof projectsField> | undefined)[]): Projects {
  return Object.fromEntries(layers.flatMap((layer) => Object.entries(layer ?? {})));
}

/** What a run of this name has to wait for; `null` where its project lets all runs go on. */
export function slotOf(projects: Projects, run: { readonly project: string; readonly name: string }): SlotPlan | null {
  const rules = Object.hasOwn(projects, run.project) ? projects[run.project] : undefined;
  if (rules === undefined || (rules.maxRuns === null && rules.maxRunsPerTemplate === null)) return null;
  return { project: run.project, template: run.name, rules };
}
