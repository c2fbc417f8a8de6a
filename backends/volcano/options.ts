import { z } from 'zod';

const objectName = z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, {
  error: 'must be the name of an object: lower-case letters, digits, "-" and "."',
});

/** Queues become labels, and a label holds 63 characters. */
const queueName = z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$/, {
  error: 'must be the name of a queue: at most 63 lower-case letters, digits, "-" and "."',
});

const mountPath = z
  .string()
  .regex(/^\/[^:\0]*$/, { error: 'must be an absolute path without ":"' })
  .describe('Where it is mounted');

const size = z
  .string()
  .regex(/^\d+(\.\d+)?(k|M|G|T|Ki|Mi|Gi|Ti)?$/, { error: 'must be an amount of disk such as 5Gi' })
  .describe('Size of the claim');

const jobVolume = z
  .union([
    z.strictObject({ mountPath, claim: objectName.describe('An existing claim') }),
    z.strictObject({
      mountPath,
      volumeClaim: z
        .strictObject({
          size,
          storageClass: objectName.optional().describe("Storage class; left out, the cluster's default"),
          accessMode: z.enum(['ReadWriteOnce', 'ReadWriteMany']).default('ReadWriteOnce').describe('One node, or many'),
        })
        .describe('A claim made for the job, which goes with it'),
    }),
  ])
  .describe('A volume that all replicas of the job share');

/** `backend:` of a spec whose jobs are Jobs of Volcano. */
export const volcanoBackendOptions = z
  .strictObject({
    kind: z.literal('volcano').describe('Jobs are Jobs of Volcano.'),
    site: z.string().min(1).optional().describe('The cluster jobs run on'),
    queue: queueName.optional().describe("Queue of Volcano; left out, the cluster's `default`"),
    priorityClass: objectName.optional().describe('Priority class of the pods'),
    minReplicas: z
      .int()
      .min(1)
      .max(1000)
      .optional()
      .describe('Replicas that are enough to train; left out, all start together or none'),
    preemptable: z.boolean().optional().describe('Whether other jobs may take its place'),
    networkTopology: z
      .strictObject({
        mode: z.enum(['hard', 'soft']).default('hard').describe('Whether replicas must, or only should, be near'),
        highestTier: z.int().min(1).max(100).describe('Highest tier of switches between replicas'),
      })
      .optional()
      .describe('How near replicas are to each other'),
    volumes: z.array(jobVolume).max(16).optional().describe("The job's own volumes"),
  })
  .describe('Volcano, 1.10 or newer.');

export type VolcanoBackendOptions = z.output<typeof volcanoBackendOptions>;
