import { z } from 'zod';
import { dataKey, imageName, labelKey, labelValue, objectName } from './kube.ts';
import { accelerators, affinity, scratch, toleration, volume } from './pod.ts';
import { bytes, cores } from './quantity.ts';

const secretRef = z.strictObject({
  secret: z
    .strictObject({
      name: objectName.describe('Name of the secret'),
      key: dataKey.describe('Key in it'),
    })
    .describe('Where the value is kept; needs a cluster'),
});

const envName = z.string().regex(/^(?!TRAINYARD_)[A-Za-z_][A-Za-z0-9_]*$/, {
  error: 'must be the name of an environment variable, and not one of TRAINYARD_*',
});

const envText = z
  .string()
  .max(32_768)
  .regex(/^[^\0]*$/, { error: 'must not hold a NUL character' });

/** Environment variables; numbers and booleans are written as text. */
export const environment = z
  .record(
    envName,
    z.union([envText, z.number().transform(String), z.boolean().transform(String), secretRef], {
      error: 'must be text, a number, true, false, or { secret: { name, key } }',
    }),
  )
  .default({})
  .describe('Environment of the processes: values, or references to secrets');

export type Environment = z.output<typeof environment>;

/** Said of a field that containers have and processes of this machine do not. */
const IN_CONTAINERS = 'without effect on this machine';

const image = imageName
  .nullable()
  .optional()
  .describe(`Image of the containers; left out, that of the site's settings; ${IN_CONTAINERS}`);
const cpu = cores.nullable().optional().describe('Cores of a replica; left out, no bound');
const memory = bytes.nullable().optional().describe('Memory of a replica; left out, no bound');

/** What the scheduler counts on, at most the bounds. */
const requests = z
  .strictObject({
    cpu: cores.nullable().optional().describe('Cores; left out, as the bound'),
    memory: bytes.nullable().optional().describe('Memory; left out, as the bound'),
  })
  .nullable()
  .optional()
  .describe(`What a replica is sure to get, at most its bounds; ${IN_CONTAINERS}`);

/** Bounds and devices of a role's replicas, in place of those in `compute`. */
export const roleResources = z.strictObject({ cpu, memory, requests, accelerator: accelerators });

/** What each replica gets. An allow-list: nothing else of a pod can be set. */
export const compute = z
  .strictObject({
    image,
    replicas: z.int().min(1).max(1000).default(1).describe('Replicas of the training job'),
    procsPerReplica: z
      .union([z.int().min(1).max(64), z.enum(['auto', 'gpu'])], {
        error: 'must be a whole number from 1 to 64, auto or gpu',
      })
      .default(1)
      .describe('Processes in each replica; `gpu` is one a device, `auto` too, or 1 where there is no accelerator'),
    cpu,
    memory,
    requests,
    sharedMemory: bytes
      .nullable()
      .optional()
      .describe(`Size of /dev/shm; left out, 2Gi in containers; ${IN_CONTAINERS}`),
    scratch: scratch.nullable().optional(),
    localCopies: z
      .boolean()
      .nullable()
      .optional()
      .describe(
        `Whether each replica first copies model and dataset to its node; left out, as the site has it; ${IN_CONTAINERS}`,
      ),
    volumes: z.array(volume).max(32).nullable().optional().describe('More claims to mount; needs a cluster'),
    accelerator: accelerators,
    flavor: z.string().optional().describe('Named size of the site instead of cpu, memory and accelerator'),
    rendezvousPort: z
      .int()
      .min(1024)
      .max(65_535)
      .optional()
      .describe('Port at which the replicas meet; left out, a free one, on a cluster 29500'),
    env: environment,
    serviceAccount: objectName
      .nullable()
      .optional()
      .describe(`Service account of the pods, one that the site allows; ${IN_CONTAINERS}`),
    imagePullSecrets: z
      .array(objectName)
      .max(16)
      .nullable()
      .optional()
      .describe(`Secrets to pull the image with; ${IN_CONTAINERS}`),
    imagePullPolicy: z
      .enum(['Always', 'IfNotPresent', 'Never'])
      .nullable()
      .optional()
      .describe(`When the image is pulled; left out, as the cluster has it; ${IN_CONTAINERS}`),
    nodeSelector: z
      .record(labelKey, labelValue)
      .nullable()
      .optional()
      .describe(`Labels the nodes must have; ${IN_CONTAINERS}`),
    tolerations: z.array(toleration).max(64).nullable().optional().describe(`Taints the pods bear; ${IN_CONTAINERS}`),
    affinity: affinity.nullable().optional().describe(`Affinity of the pods; ${IN_CONTAINERS}`),
  })
  .describe('What each replica of the training job gets');

/** What a packaging job or a service gets. */
export const smallCompute = z
  .strictObject({ image, cpu, memory, env: environment })
  .describe('What the packaging job gets; left out, as the training job, but without its accelerators');
