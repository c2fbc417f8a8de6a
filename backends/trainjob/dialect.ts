import { at, listAt, textAt } from '../../domain/json.ts';

/**
 * The two forms in which a TrainJob changes the pods of its runtime: `podTemplateOverrides` of Trainer 2.1,
 * `runtimePatches` since 2.2. An API server that knows the one prunes the other without a word.
 */
export type TrainerDialect = 'podTemplateOverrides' | 'runtimePatches';

const DIALECTS: readonly TrainerDialect[] = ['runtimePatches', 'podTemplateOverrides'];

/** The dialect of an installed Trainer, from its CRD `trainjobs.trainer.kubeflow.org`; `null` = one we do not speak. */
export function trainerDialect(crd: unknown): TrainerDialect | null {
  const served = listAt(crd, 'spec', 'versions').find(
    (version) => textAt(version, 'name') === 'v1alpha1' && at(version, 'served') === true,
  );
  const fields = at(served, 'schema', 'openAPIV3Schema', 'properties', 'spec', 'properties');
  return DIALECTS.find((field) => at(fields, field) !== undefined) ?? null;
}
