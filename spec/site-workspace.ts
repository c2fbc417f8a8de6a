import { z } from 'zod';
import type { HandoverPlan } from '../domain/replica-plan.ts';
import { absoluteFolder, folderInside, imageName, objectName } from './fields/kube.ts';

const bucketName = z.string().regex(/^[a-z0-9][-.a-z0-9]{1,61}[a-z0-9]$/, { error: 'must be the name of a bucket' });

const endpoint = z.string().regex(/^https?:\/\/[^/?#@\s]+\/?$/, {
  error: 'must be https://host[:port], or http:// for a store that has no certificate',
});

const s3 = z.strictObject({
  bucket: bucketName,
  prefix: folderInside.optional().describe('Before every key; left out, nothing'),
  region: z.string().min(1).max(63).default('us-east-1'),
  endpoint: endpoint.optional().describe('Address of the store; left out, that of AWS for the region'),
  pathStyle: z.boolean().default(true).describe('The bucket stands in the path of addresses, and not in the host'),
  secret: objectName.describe(
    'Secret in the namespace with `access-key-id`, `secret-access-key` and, where needed, `session-token`, `ca.crt`',
  ),
  keys: absoluteFolder.describe('Where the worker sees the files of that Secret'),
});

const claimHandover = z.strictObject({
  name: objectName.describe('Claim that the worker and the pods mount'),
  root: absoluteFolder.describe('Where the worker sees it'),
});

const handover = z
  .strictObject({
    s3: s3.optional().describe('A bucket'),
    claim: claimHandover.optional().describe('A claim that holds only what is handed over'),
  })
  .refine(({ s3: bucket, claim }) => (bucket === undefined) !== (claim === undefined), {
    error: 'needs `s3` or `claim`, and not both',
  });

const replicas = z.strictObject({
  image: imageName.describe('Image with Trainyard, of the version of the worker'),
  command: z
    .array(z.string().min(1))
    .min(1)
    .default(['trainyard'])
    .describe('How Trainyard is started in that image: program and first arguments'),
  credentials: objectName
    .optional()
    .describe('Secret with the files of `trainyard credential set`; left out, only open repositories are read'),
  handover: handover.describe('Where pods leave their output for each other and for the worker'),
});

/** `workspace:` of a site. */
export const siteWorkspace = z
  .strictObject({
    root: absoluteFolder.describe('Where the worker of the site sees the workspace'),
    claim: objectName
      .nullable()
      .describe(
        'Claim that the worker and the pods share; its access mode must be ReadWriteMany. `null` = there is none: see `replicas`',
      ),
    subPath: folderInside.optional().describe("Folder of the claim that is `root`; left out, the claim's own top"),
    localCopies: z
      .boolean()
      .default(false)
      .describe('Whether replicas copy model and dataset to their node first, where the spec says nothing'),
    replicas: replicas.optional().describe('Only with `claim: null`: how replicas fetch and hand over for themselves'),
  })
  .refine(({ claim, replicas: own }) => (claim === null) === (own !== undefined), {
    error: 'needs `claim`, or `claim: null` and `replicas`',
    path: ['replicas'],
  })
  .describe('Files that the worker and the pods share');

/** How replicas of a site do without a shared claim, with every default filled in. */
export interface SiteReplicas {
  readonly image: string;
  readonly command: readonly string[];
  readonly credentials: string | null;
  readonly handover: HandoverPlan;
  /** Where the worker sees the keys of the store, or the claim. */
  readonly handoverFolder: string;
}

export interface SiteWorkspace {
  /** Absolute, without a slash at the end. */
  readonly root: string;
  /** `null` = pods share nothing with the worker. */
  readonly claim: string | null;
  /** `''` = the claim's own top. */
  readonly subPath: string;
  readonly localCopies: boolean;
  /** Set exactly where there is no claim. */
  readonly replicas: SiteReplicas | null;
}

const bare = (folder: string): string => folder.replace(/(?<=.)\/+$/, '');

export function workspaceOf(written: z.output<typeof siteWorkspace>): SiteWorkspace {
  const { root, claim, subPath, localCopies, replicas: own } = written;
  return {
    root: bare(root),
    claim,
    subPath: subPath ?? '',
    localCopies,
    replicas: own === undefined ? null : replicasOf(own),
  };
}

function replicasOf({ image, command, credentials, handover: to }: z.output<typeof replicas>): SiteReplicas {
  const common = { image, command, credentials: credentials ?? null };
  if (to.s3 !== undefined) {
    const { keys, prefix, endpoint: address, ...bucket } = to.s3;
    const plan: HandoverPlan = {
      kind: 's3',
      ...bucket,
      prefix: prefix === undefined ? '' : `${bare(prefix)}/`,
      endpoint: address?.replace(/\/$/, '') ?? null,
    };
    return { ...common, handover: plan, handoverFolder: bare(keys) };
  }
  const { name, root } = to.claim ?? { name: '', root: '' };
  return { ...common, handover: { kind: 'claim', claim: name }, handoverFolder: bare(root) };
}
