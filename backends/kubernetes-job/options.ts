import { z } from 'zod';

const objectName = z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, {
  error: 'must be the name of an object: lower-case letters, digits, "-" and "."',
});

/** Queues become labels, and a label holds 63 characters. */
const queueName = z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$/, {
  error: 'must be the name of a queue: at most 63 lower-case letters, digits, "-" and "."',
});

/** `backend:` of a spec whose jobs are plain Jobs of Kubernetes. */
export const kubernetesJobBackendOptions = z
  .strictObject({
    kind: z.literal('kubernetes-job').describe('Jobs are Indexed Jobs of Kubernetes.'),
    site: z.string().min(1).optional().describe('The cluster jobs run on'),
    queue: queueName.optional().describe("Kueue's LocalQueue; with `gang: volcano` a queue of Volcano"),
    workloadPriority: objectName.optional().describe("Kueue's WorkloadPriorityClass"),
    priorityClass: objectName.optional().describe('Priority class of the pods'),
    gang: z
      .enum(['kueue', 'volcano', 'coscheduling', 'none'])
      .optional()
      .describe(
        'What starts all replicas or none; left out, what the cluster has, else limits.starting ends a half job',
      ),
    scheduler: objectName.optional().describe('Scheduler of the pods; needed with `gang: coscheduling`'),
    suspend: z.boolean().default(false).describe('Made suspended: it starts when it is resumed'),
  })
  .describe('Jobs of Kubernetes itself: nothing needs to be installed.');

export type KubernetesJobBackendOptions = z.output<typeof kubernetesJobBackendOptions>;
