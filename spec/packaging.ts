import type { PackageKind } from '../recipes/recipe.ts';
import { isBuilt, packageKindOf } from '../recipes/registry.ts';
import type { TrainingSpec } from './schema.ts';

/** What packaging makes: `none` when `package` is left out; the recipe's kind when it names none. */
export function packageKind(spec: TrainingSpec): PackageKind {
  if (!spec.package) return 'none';
  if (spec.package.kind !== undefined) return spec.package.kind;
  if (!spec.recipe) return 'torchscript';
  return isBuilt(spec.recipe) ? packageKindOf(spec.recipe) : 'none';
}
