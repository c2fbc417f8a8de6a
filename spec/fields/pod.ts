import { z } from 'zod';
import { absoluteFolder, folderInside, labelKey, labelValue, objectName } from './kube.ts';
import { bytes } from './quantity.ts';

/** A further claim of a replica. */
export const volume = z.strictObject({
  claim: objectName.describe('Claim to mount'),
  mountPath: absoluteFolder.describe('Where it is mounted'),
  subPath: folderInside.nullable().optional().describe('Folder inside the claim'),
  readOnly: z.boolean().optional().describe('Whether it can only be read'),
});

export const toleration = z.strictObject({
  key: labelKey.optional().describe('Key of the taint; left out, every taint'),
  operator: z.enum(['Exists', 'Equal']).optional().describe('How the value is compared'),
  value: labelValue.optional().describe('Value of the taint'),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional().describe('Effect of the taint'),
  tolerationSeconds: z.int().nonnegative().optional().describe('How long it is borne, seconds'),
});

const rules = (about: string) => z.record(z.string(), z.unknown()).optional().describe(about);

/** Passed on as it is written; the cluster checks what stands in it. */
export const affinity = z.strictObject({
  nodeAffinity: rules('Which nodes'),
  podAffinity: rules('Near which pods'),
  podAntiAffinity: rules('Away from which pods'),
});

const madeClaim = z.strictObject({
  size: bytes.describe('Size of the claim'),
  storageClass: objectName.nullable().optional().describe("Storage class; left out, the cluster's default"),
  keep: z
    .boolean()
    .default(false)
    .describe('Kept: one claim of all replicas, which outlives the job. Else one a replica, which goes with its pod'),
});

/** Space of a replica's own, seen at `/scratch`. */
export const scratch = z
  .strictObject({
    size: bytes.nullable().optional().describe('Most it may take of the disk of its node; left out, no bound'),
    claim: objectName.nullable().optional().describe('An existing claim instead, which all replicas share'),
    volumeClaim: madeClaim.nullable().optional().describe('A claim made for it instead'),
  })
  .superRefine((value, ctx) => {
    const names = ['size', 'claim', 'volumeClaim'] as const;
    const given = names.filter((name) => value[name] !== undefined && value[name] !== null);
    if (given.length <= 1) return;
    const message = `must have exactly one of ${names.join(', ')}, not ${given.join(' and ')}`;
    ctx.addIssue({ code: 'custom', message });
  })
  .describe('Space of its own for each replica, at `/scratch`; left out, on the disk of its node');

const device = z.strictObject({
  profile: z
    .string()
    .min(1)
    .max(63)
    .describe("Resource names: `nvidia`, `hami`, `alauda-hami`, `volcano-vgpu`, `ascend910`, or the operator's own"),
  count: z.int().min(1).max(64).nullable().default(1).describe('Devices of a replica; `null`, not asked for'),
  cores: z.int().min(1).max(100).nullable().optional().describe('Share of each device, percent'),
  memory: bytes.nullable().optional().describe('Memory of each device'),
});

/** One kind of device, or several that do not exclude each other. */
export const accelerators = z
  .union([device, z.array(device).max(8)], { error: 'must be a set of fields with a profile, or a list of these' })
  .nullable()
  .optional()
  .describe('Accelerators of a replica; needs a cluster');
