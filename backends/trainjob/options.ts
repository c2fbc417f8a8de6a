import { z } from 'zod';

const objectName = z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, {
  error: 'must be the name of an object: lower-case letters, digits, "-" and "."',
});

/** Queues become labels, and a label holds 63 characters. */
const queueName = z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$/, {
  error: 'must be the name of a queue: at most 63 lower-case letters, digits, "-" and "."',
});

const runtime = z
  .union([
    objectName.transform((name) => ({ kind: 'ClusterTrainingRuntime' as const, name })),
    z.strictObject({
      kind: z
        .enum(['ClusterTrainingRuntime', 'TrainingRuntime'])
        .default('ClusterTrainingRuntime')
        .describe('Of the cluster, or of the namespace'),
      name: objectName.describe('Name of the runtime'),
    }),
  ])
  .describe("An existing runtime; left out, Trainyard makes one of the job's own");

/** `backend:` of a spec whose jobs are TrainJobs of Kubeflow Trainer. */
export const trainjobBackendOptions = z
  .strictObject({
    kind: z.literal('trainjob').describe('Jobs are TrainJobs of Kubeflow Trainer.'),
    site: z.string().min(1).optional().describe('The cluster jobs run on'),
    runtime: runtime.optional(),
    policy: z
      .enum(['torch', 'plain'])
      .optional()
      .describe(
        'Who tells the replicas of each other: Trainer for torch, or Trainyard; left out, as the recipe needs it',
      ),
    queue: queueName.optional().describe("Kueue's LocalQueue; with `gang: volcano` a queue of Volcano"),
    workloadPriority: objectName.optional().describe("Kueue's WorkloadPriorityClass"),
    priorityClass: objectName.optional().describe('Priority class of the pods'),
    gang: z
      .enum(['kueue', 'volcano', 'coscheduling', 'none'])
      .optional()
      .describe('What starts all replicas or none; left out, what the cluster has'),
    scheduler: objectName.optional().describe('Scheduler of the pods; needed with `gang: coscheduling`'),
    gangTimeoutSeconds: z
      .int()
      .min(1)
      .max(86_400)
      .default(60)
      .describe('How long `gang: coscheduling` waits for the last replica, seconds'),
    networkTopology: z
      .strictObject({
        mode: z.enum(['hard', 'soft']).default('hard').describe('Whether replicas must, or only should, be near'),
        highestTier: z.int().min(1).max(100).describe('Highest tier of switches between replicas'),
      })
      .optional()
      .describe('How near replicas are to each other; only with `gang: volcano`'),
  })
  .describe('Kubeflow Trainer, 2.1 or newer.');

export type TrainjobBackendOptions = z.output<typeof trainjobBackendOptions>;
