import type { z } from 'zod';
import type { CheckpointPlan } from '../domain/checkpoint.ts';
import type { ProcessStep } from '../domain/job.ts';

/** What each framework's artifact is by default, when `package` gives no kind. */
export type PackageKind = 'torchscript' | 'merge-lora' | 'none';

/** What a recipe makes of its parameters. Values only: no paths of a site, no secrets, no shell text. */
export interface TrainingCommand {
  /**
   * `torchrun`: one process a rank with RANK, LOCAL_RANK and WORLD_SIZE set. `plain`: one process a replica.
   */
  readonly launcher: 'plain' | 'torchrun';
  readonly step: ProcessStep;
  /** Files of the code that must exist before anything is spent. */
  readonly requiredFiles: readonly string[];
  /** Left out, every attempt begins anew. Frameworks that keep checkpoints by themselves declare them here. */
  readonly checkpoint?: CheckpointPlan;
}

/** What Trainyard knows of a framework. Pure: the same parameters give the same answers everywhere. */
export interface Recipe<Schema extends z.ZodType> {
  readonly kind: string;
  /** Strict, with a literal `kind`; becomes part of the spec's schema. */
  readonly params: Schema;
  readonly packageKind: PackageKind;
  train(params: z.output<Schema>): TrainingCommand;
}
