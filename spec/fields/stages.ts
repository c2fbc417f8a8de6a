import { z } from 'zod';
import { argvCommand, relativePath, scriptArguments } from '../../recipes/fields.ts';
import { smallCompute } from './compute.ts';
import { duration } from './duration.ts';
import { name } from './name.ts';

const script = relativePath().optional().describe('Python script in the code');
const command = argvCommand.optional().describe('Program and arguments, instead of `script`');

/** How the trained weights become an artifact. */
export const packaging = z
  .strictObject({
    kind: z
      .enum(['torchscript', 'merge-lora', 'none'])
      .optional()
      .describe("What is made; left out, what the recipe's framework makes"),
    script,
    command,
    args: scriptArguments,
    compute: smallCompute.optional(),
  })
  .describe('Export of the trained weights; left out, nothing is packaged');

/** How the artifact is scored. */
export const evaluation = z
  .strictObject({ script, command, args: scriptArguments })
  .describe('Scores the packaged artifact; writes a flat JSON object of numbers to TRAINYARD_METRICS_JSON');

const serveLocal = z.strictObject({
  kind: z.literal('local'),
  port: z.int().min(1).max(65_535).optional().describe('Port on loopback; left out, the one it has, or a free one'),
  service: name.optional().describe('Name of the service; left out, `name` of the spec'),
  readyTimeout: duration.prefault('5m').describe('How long the service may take to get ready'),
});

const serveKserve = z.strictObject({
  kind: z.literal('kserve'),
  runtime: z.enum(['triton', 'vllm', 'huggingface']).optional().describe('Serving runtime'),
  service: name.optional().describe('Name of the service'),
  image: z.string().optional().describe('Image of the runtime'),
  compute: smallCompute.optional().describe('What each replica of the service gets'),
  replicas: z
    .strictObject({
      min: z.int().nonnegative().optional().describe('Least replicas'),
      max: z.int().positive().optional().describe('Most replicas'),
    })
    .optional()
    .describe('Bounds of the number of replicas'),
  readyTimeout: duration.prefault('15m').describe('How long the service may take to get ready'),
});

export const serving = z
  .discriminatedUnion('kind', [serveLocal, serveKserve, z.strictObject({ kind: z.literal('none') })])
  .describe('Inference service; left out, none');

export const tracking = z
  .strictObject({
    mlflow: z
      .strictObject({
        uri: z.url().describe('Address of the tracking server'),
        experiment: z.string().optional().describe('Experiment'),
      })
      .optional()
      .describe('MLflow'),
  })
  .describe('Experiment trackers');

export const limits = z
  .strictObject({
    queued: duration.nullable().prefault('24h').describe('How long a job may wait for room; `null` for ever'),
    starting: duration
      .nullable()
      .prefault('1h')
      .describe('How long until every rank must have joined; `null` for ever'),
    silent: duration
      .nullable()
      .optional()
      .describe('The job is ended when it writes nothing for so long; left out or `null`, it is not'),
    total: duration.nullable().prefault('720h').describe('How long the run may take; `null` for ever'),
    parked: duration.prefault('72h').describe('How long a run waits for a person to mend something'),
    keepFailed: duration.prefault('30m').describe('How long the files of a failed run are kept'),
    grace: duration.prefault('30s').describe('Time between the request to end and the kill'),
  })
  .describe('Deadlines');

export const retries = z
  .strictObject({
    infrastructure: z.int().min(0).max(1000).default(10).describe('After faults of machines and networks'),
    code: z.int().min(0).max(100).default(0).describe('After faults of the training program'),
  })
  .describe('How often a stage is tried again');
