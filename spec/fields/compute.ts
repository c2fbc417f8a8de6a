import { z } from 'zod';
import { bytes, cores } from './quantity.ts';

const secretRef = z.strictObject({
  secret: z
    .strictObject({
      name: z.string().min(1).describe('Name of the secret'),
      key: z.string().min(1).describe('Key in it'),
    })
    .describe('Where the value is kept'),
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

const image = z.string().min(1).optional().describe('Image of the containers');
const cpu = cores.nullable().optional().describe('Cores of a replica; left out, no bound');
const memory = bytes.nullable().optional().describe('Memory of a replica; left out, no bound');

const volume = z.strictObject({
  claim: z.string().min(1).describe('Claim to mount'),
  mountPath: z.string().startsWith('/').describe('Where it is mounted'),
  subPath: z.string().optional().describe('Folder inside the claim'),
  readOnly: z.boolean().optional().describe('Whether it can only be read'),
});

const toleration = z.strictObject({
  key: z.string().optional().describe('Key of the taint; left out, every taint'),
  operator: z.enum(['Exists', 'Equal']).optional().describe('How the value is compared'),
  value: z.string().optional().describe('Value of the taint'),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional().describe('Effect of the taint'),
  tolerationSeconds: z.int().nonnegative().optional().describe('How long it is borne, seconds'),
});

const scratch = z.strictObject({
  size: bytes.optional().describe('Size of the scratch folder'),
  claim: z.string().optional().describe('Storage class or claim it comes from'),
  keep: z.boolean().optional().describe('Whether it outlives the job'),
});

const accelerator = z.strictObject({
  profile: z
    .string()
    .min(1)
    .describe("Resource names: `nvidia`, `hami`, `alauda-hami`, `volcano-vgpu`, `ascend910`, or the operator's own"),
  count: z.int().positive().default(1).describe('Devices of a replica'),
  cores: z.int().min(1).max(100).optional().describe('Share of each device, percent'),
  memory: bytes.optional().describe('Memory of each device'),
});

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
      .describe('Processes in each replica; `auto` is 1 where there is no accelerator'),
    cpu,
    memory,
    sharedMemory: bytes.nullable().optional().describe('Size of /dev/shm; left out, 2Gi in containers'),
    scratch: scratch.optional().describe('Scratch space of a replica'),
    volumes: z.array(volume).optional().describe('More claims to mount'),
    accelerator: accelerator.optional().describe('Accelerators of a replica'),
    flavor: z.string().optional().describe('Named size of the site instead of cpu, memory and accelerator'),
    rendezvousPort: z
      .int()
      .min(1024)
      .max(65_535)
      .optional()
      .describe('Port at which the replicas meet; left out, a free one'),
    env: environment,
    serviceAccount: z.string().optional().describe('Service account of the pods'),
    imagePullSecrets: z.array(z.string()).optional().describe('Secrets to pull the image with'),
    imagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).optional().describe('When the image is pulled'),
    nodeSelector: z.record(z.string(), z.string()).optional().describe('Labels the nodes must have'),
    tolerations: z.array(toleration).optional().describe('Taints the pods bear'),
    affinity: z.record(z.string(), z.unknown()).optional().describe('Affinity of the pods'),
  })
  .describe('What each replica of the training job gets');

/** What a packaging job or a service gets. */
export const smallCompute = z
  .strictObject({ image, cpu, memory, env: environment })
  .describe('What the packaging job gets; left out, as the training job');
