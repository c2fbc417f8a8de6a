import { z } from 'zod';
import { command } from './command.ts';
import type { PackageKind, TrainingCommand } from './recipe.ts';
import { torchrun } from './torchrun.ts';

/** Recipes still to be built: the spec knows their names, and refuses them by name. */
const reserved = (kind: 'yolov5' | 'llama-factory' | 'paddledetection') => z.looseObject({ kind: z.literal(kind) });

export const recipeParams = z
  .discriminatedUnion('kind', [
    torchrun.params,
    command.params,
    reserved('yolov5'),
    reserved('llama-factory'),
    reserved('paddledetection'),
  ])
  .describe('What is trained, and how it is started');

export type RecipeParams = z.output<typeof recipeParams>;
type BuiltParams = z.output<typeof torchrun.params> | z.output<typeof command.params>;

/** Kinds that can run. */
export function isBuilt(params: RecipeParams): params is BuiltParams {
  return params.kind === torchrun.kind || params.kind === command.kind;
}

/** The training command of a recipe. Call it only where `isBuilt`. */
export function trainingCommand(params: BuiltParams): TrainingCommand {
  return params.kind === 'torchrun' ? torchrun.train(params) : command.train(params);
}

/** What packaging makes when the spec asks for packaging and names no kind. */
export function packageKindOf(params: BuiltParams): PackageKind {
  return params.kind === 'torchrun' ? torchrun.packageKind : command.packageKind;
}
