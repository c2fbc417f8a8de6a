import { z } from 'zod';

const objectName = z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, {
  error: 'must be the name of an object: lower-case letters, digits, "-" and "."',
});

const shortName = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, {
  error: 'must be a name of at most 63 lower-case letters, digits and "-"',
});

const secret = objectName.describe('Name of a secret of the namespace');

const cacheLevel = z.strictObject({
  medium: z.enum(['MEM', 'SSD', 'HDD']).describe('What it is'),
  path: z
    .string()
    .regex(/^\/[^\0]*$/, { error: 'must be an absolute folder' })
    .describe('Folder of the node'),
  gib: z.int().positive().describe('Size of it, GiB'),
});

/** The fields with which a sample set is made when there is none of that name. */
const sampleSetSource = z
  .strictObject({
    uri: z
      .string()
      .regex(/^(bos|s3):\/\/[^\s/@?#]+(\/[^\s@?#]*)?$/, {
        error: 'must look like bos://bucket/folder or s3://bucket/folder',
      })
      .describe('Where the data lies'),
    secret: secret.optional().describe('Secret to read the data with; left out, none is needed'),
    store: secret.describe('Secret of the store that keeps what is known of the data'),
    partitions: z.int().min(1).max(1000).optional().describe('Nodes the data is spread over; left out, one a worker'),
    sync: z.boolean().default(true).describe('Whether the data is copied to the store first'),
    cache: z.array(cacheLevel).min(1).optional().describe('Where nodes keep what they have read'),
  })
  .describe('How the sample set is made when there is none of that name');

const sampleSet = z
  .strictObject({
    namespace: shortName.optional().describe('Its namespace, which can only be that of the job'),
    create: sampleSetSource.optional(),
    keep: z.boolean().default(true).describe('Whether one made for this job is left for the next'),
  })
  .describe('More about the sample set that the dataset names');

/** `backend:` of a spec whose jobs are PaddleJobs of PaddleCloud. */
export const paddlejobBackendOptions = z
  .strictObject({
    kind: z.literal('paddlejob').describe('Jobs are PaddleJobs of PaddleCloud.'),
    site: z.string().min(1).optional().describe('The cluster jobs run on'),
    queue: shortName.optional().describe('Queue of Volcano, where the operator uses it'),
    priorityClass: objectName.optional().describe('Priority class of the pods'),
    intranet: z
      .enum(['PodIP', 'Service'])
      .default('PodIP')
      .describe('How replicas reach each other: by address, or by a Service each'),
    gloo: z.int().min(0).max(2).optional().describe('Whether servers (1), or all (2), meet over gloo first'),
    cleanPodPolicy: z
      .enum(['Always', 'Never', 'OnFailure', 'OnCompletion'])
      .default('Never')
      .describe('When the operator removes pods; left out, never: Trainyard does once it has their logs'),
    sampleSet: sampleSet.optional(),
  })
  .describe('PaddleCloud; its operator checks nothing, so everything is checked here.');

export type PaddlejobBackendOptions = z.output<typeof paddlejobBackendOptions>;
