import { z } from 'zod';
import { checkBranch, checkRef } from '../../domain/git-ref.ts';
import { checkRepoUrl } from '../../domain/repo-url.ts';
import { expandBranch, unknownPlaceholders } from '../branch.ts';
import { absoluteFolder, claimPath, objectName } from './kube.ts';

/** Name of a stored credential. Never the secret itself. */
export const credentialName = z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$/, {
  error: 'must be the name of a stored credential: lower-case letters, digits, "-" and "."',
});

/** Address of a Git repository. */
export const repoUrl = z
  .string()
  .superRefine((value, ctx) => {
    const fault = checkRepoUrl(value);
    if (fault !== null) ctx.addIssue({ code: 'custom', message: fault, params: { code: 'TY_SPEC_URL' } });
  })
  .meta({ label: 'url' });

/** Branch, tag or commit. */
export const gitRef = z
  .string()
  .superRefine((value, ctx) => {
    const fault = checkRef(value);
    if (fault !== null) ctx.addIssue({ code: 'custom', message: fault, params: { code: 'TY_SPEC_REF' } });
  })
  .meta({ label: 'ref' });

/** Branch to push to, with `{name}`, `{timestamp}` and `{run}` to fill in. */
export const branchTemplate = z
  .string()
  .superRefine((value, ctx) => {
    const fault = branchFault(value);
    if (fault !== null) ctx.addIssue({ code: 'custom', message: fault, params: { code: 'TY_SPEC_REF' } });
  })
  .overwrite(shortBranch)
  .meta({ label: 'branch' });

const ref = gitRef.default('HEAD').describe('Branch, tag or commit; left out, the default branch of the repository');
const credentials = credentialName
  .nullable()
  .optional()
  .describe('Name of a stored credential; left out, `credentials` of the spec; `null` for none');

export const modelSource = z
  .strictObject({ repo: repoUrl.describe('Address of the repository'), ref, credentials })
  .describe('Repository with the training code and, if any, the starting weights; left out only when `code` is given');

const folder = z.string().regex(/^\/[^\0]{1,1023}$/, { error: 'must be an absolute folder' });

export const codeSource = z
  .strictObject({
    repo: repoUrl.optional().describe('Repository with the code'),
    ref,
    credentials,
    path: folder.optional().describe('Folder on this machine; a digested copy of it is trained'),
    snapshot: z
      .string()
      .regex(/^[0-9a-f]{64}$/, { error: 'must be the sha256 of a snapshot' })
      .optional()
      .describe('Digest of a folder copied before; `run start --code DIR` sets it'),
    configMap: objectName
      .optional()
      .describe('ConfigMap with the code, at most 1 MiB and without folders; needs a cluster'),
    hostPath: absoluteFolder.optional().describe('Folder of every node, where the site allows it; needs a cluster'),
    image: absoluteFolder.optional().describe('Folder of `compute.image` that holds the code; needs a cluster'),
  })
  .superRefine(exactlyOne(['repo', 'path', 'snapshot', 'configMap', 'hostPath', 'image']))
  .describe('Where the code is, when it is not in the model repository');

export const datasetSource = z
  .strictObject({
    repo: repoUrl.optional().describe('Repository with the data'),
    ref,
    credentials,
    claim: claimPath.optional().describe('`claim/folder` that holds the data, read-only; needs a cluster'),
    sampleSet: objectName.optional().describe('Name of a sample set of PaddleCloud; needs backend paddlejob'),
    mountPath: absoluteFolder
      .nullable()
      .optional()
      .describe('Where containers see the data; left out, `/dataset`; needs a cluster'),
    writable: z.boolean().optional().describe('Whether training may write to it'),
  })
  .superRefine(exactlyOne(['repo', 'claim', 'sampleSet']))
  .describe('Data to train on');

export const outputTarget = z
  .strictObject({
    repo: repoUrl.describe('Address of the repository the result is pushed to'),
    branch: branchTemplate
      .default('{name}-{timestamp}')
      .describe('New branch; `{name}`, `{timestamp}` (UTC, yyyymmdd-hhmmss) and `{run}` are filled in'),
    credentials,
  })
  .describe('Where the result goes; left out, nothing is pushed');

function exactlyOne(names: readonly string[]) {
  return (value: Readonly<Record<string, unknown>>, ctx: z.RefinementCtx): void => {
    const given = names.filter((name) => value[name] !== undefined);
    if (given.length === 1) return;
    const message = `must have exactly one of ${names.join(', ')}`;
    ctx.addIssue({ code: 'custom', message: given.length === 0 ? message : `${message}, not ${given.join(' and ')}` });
  };
}

function shortBranch(value: string): string {
  return value.replace(/^refs\/heads\//, '');
}

function branchFault(value: string): string | null {
  const [unknown] = unknownPlaceholders(value);
  if (unknown !== undefined) return `has {${unknown}}, which is none of {name}, {timestamp}, {run}`;
  const sample = expandBranch(shortBranch(value), { name: 'a', runId: 'run-a-1', startedAt: '2000-01-01T00:00:00Z' });
  return checkBranch(sample);
}
