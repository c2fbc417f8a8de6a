import { z } from 'zod';
import { recipeParams } from '../recipes/registry.ts';
import { backend } from './fields/backend.ts';
import { compute } from './fields/compute.ts';
import { gates } from './fields/gates.ts';
import { name } from './fields/name.ts';
import { role } from './fields/role.ts';
import { codeSource, credentialName, datasetSource, modelSource, outputTarget } from './fields/source.ts';
import { evaluation, limits, packaging, retries, serving, tracking } from './fields/stages.ts';

// Any script, but nothing that could move a terminal's cursor.
const oneLine = z
  .string()
  .max(200)
  .regex(/^\P{Cc}*$/u, { error: 'must be one line without control characters' });
const manyLines = z
  .string()
  .max(10_000)
  .regex(/^[\P{Cc}\t\r\n]*$/u, { error: 'must not hold control characters' });

/** Everything a person can write in `trainyard.yaml`. */
export const trainingSpec = z
  .strictObject({
    name: name.describe('Name of the runs: lower-case letters, digits and `-`, at most 40'),
    displayName: oneLine.nullable().optional().describe('What people call it, in any script'),
    description: manyLines.nullable().optional().describe('What it is for, in any script'),
    labels: z.record(oneLine.min(1), oneLine).default({}).describe('Labels to find runs by, in any script'),
    project: name.default('default').describe('Project the run belongs to'),
    model: modelSource.nullable().optional(),
    code: codeSource.nullable().optional(),
    dataset: datasetSource.nullable().optional(),
    output: outputTarget.nullable().optional(),
    credentials: credentialName
      .nullable()
      .optional()
      .describe('Name of the stored credential that model, code, dataset and output use unless they name their own'),
    recipe: recipeParams
      .nullable()
      .optional()
      .describe('What is trained, and how it is started; left out only where there are `roles`'),
    evaluate: evaluation.nullable().optional(),
    backend,
    compute: compute.prefault({}),
    roles: z
      .array(role)
      .max(32)
      .nullable()
      .optional()
      .describe('Instead of `recipe`, for jobs whose parts are not alike; `compute` then holds what they share'),
    package: packaging.nullable().optional(),
    gates: gates.nullable().optional(),
    serve: serving.nullable().optional(),
    tracking: tracking.nullable().optional(),
    limits: limits.prefault({}),
    retries: retries.prefault({}),
    onFailure: z
      .enum(['fail', 'pause'])
      .default('fail')
      .describe('`pause`: when the retries are used up the run waits for a person'),
  })
  .describe('A training spec: from Git repositories to a served model');

/** A spec after parsing: defaults filled in, durations in seconds, memory in bytes, CPU in cores. */
export type TrainingSpec = z.output<typeof trainingSpec>;
/** A spec as it is written. */
export type TrainingSpecInput = z.input<typeof trainingSpec>;
