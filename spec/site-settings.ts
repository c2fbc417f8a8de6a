import { posix } from 'node:path';
import { z } from 'zod';
import type { AcceleratorProfile, SitePods } from '../domain/cluster-job.ts';
import { TrainyardError } from '../domain/errors.ts';
import { imageName, labelName, objectName } from './fields/kube.ts';
import { toleration } from './fields/pod.ts';
import { siteWorkspace, workspaceOf } from './site-workspace.ts';
import type { SiteWorkspace } from './site-workspace.ts';

/** The site that is this machine. */
export const LOCAL_SITE = 'local';

const siteName = z.string().regex(/^(?!local$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, {
  error: 'must be the name of a site: lower-case letters, digits and "-"; `local` is this machine',
});

/** What a node gives out besides CPU and memory always has a domain in front. */
const resourceName = z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/, {
  error: 'must be the name of a device resource, such as nvidia.com/gpu',
});

const profile = z.strictObject({
  count: resourceName.describe('Resource that counts devices'),
  cores: resourceName.nullable().default(null).describe('Resource for the share of each device, percent'),
  memory: resourceName.nullable().default(null).describe('Resource for the memory of each device, MiB'),
});

const userId = z.int().min(0).max(2_147_483_647);

/** A token travels over it: in the clear only on this machine. */
const filesUrl = z.string().regex(/^(https:\/\/[^/?#@\s]+|http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?)\/?$/, {
  error: 'must be https://host[:port], or http:// with an address of this machine',
});

const gpuService = z.string().regex(/^[a-z0-9][-a-z0-9]{0,62}\/[a-z][-a-z0-9]{0,62}(:[1-9]\d{0,4})?$/, {
  error: 'must be NAMESPACE/SERVICE or NAMESPACE/SERVICE:PORT, with the port of its pods',
});

const site = z.strictObject({
  kubeconfig: z
    .string()
    .min(1)
    .optional()
    .describe('File that says how to reach the cluster; left out, KUBECONFIG, ~/.kube/config, else the pod it runs in'),
  context: z.string().min(1).optional().describe('Context of that file; left out, its current one'),
  namespace: labelName.describe('Namespace jobs run in'),
  workspace: siteWorkspace,
  taskQueue: z.string().min(1).max(200).optional().describe('Left out, `trainyard-<name of the site>`'),
  runAs: z
    .strictObject({ user: userId.default(1000), group: userId.default(1000) })
    .prefault({})
    .describe('User and group of the processes; the workspace belongs to them'),
  image: imageName.optional().describe('Image of jobs whose spec names none'),
  profiles: z
    .record(z.string().min(1).max(63), profile)
    .default({})
    .describe('Accelerator profiles besides the known ones, or in place of them'),
  pods: z
    .strictObject({
      annotations: z.record(z.string().min(1), z.string()).default({}).describe('Annotations of every pod'),
      nodeSelector: z.record(z.string().min(1), z.string()).default({}).describe('Labels the nodes must have'),
      tolerations: z.array(toleration).default([]).describe('Taints the pods bear'),
    })
    .prefault({})
    .describe("What every pod of the site gets; a job's own comes on top"),
  serviceAccounts: z.array(objectName).default([]).describe('Service accounts that jobs may use'),
  files: z
    .strictObject({
      port: z
        .int()
        .min(0)
        .max(65_535)
        .default(0)
        .describe("Port of 127.0.0.1 on which the worker of the site gives out its runs' files; 0 = it does not"),
      url: filesUrl
        .optional()
        .describe(
          'Where a command line that does not see the workspace asks; left out, the worker over a port-forward',
        ),
      tokenFile: z
        .string()
        .min(1)
        .optional()
        .describe('File of the token; left out, TRAINYARD_FILES_TOKEN_FILE, then `files-token` in the workspace'),
    })
    .prefault({})
    .describe("How runs' files are read where the workspace is not mounted"),
  metrics: z
    .strictObject({
      gpu: z
        .array(gpuService)
        .default([])
        .describe('Services of DCGM exporters or HAMi monitors that tell what ranks use of GPUs'),
    })
    .prefault({})
    .describe('Figures of ranks besides CPU and memory'),
  hostPath: z.boolean().default(false).describe('Whether jobs may see folders of the node'),
});

/** `sites:` of the settings file. */
export const sitesField = z
  .record(siteName, site)
  .describe('Clusters that jobs run on; each is served by a worker beside it');

/** One site with every default filled in. */
export interface SiteSettings {
  /** Absolute; `null` = KUBECONFIG, `~/.kube/config`, else the service account of the pod. */
  readonly kubeconfig: string | null;
  /** `null` = the current one of the kubeconfig. */
  readonly context: string | null;
  readonly namespace: string;
  readonly workspace: SiteWorkspace;
  readonly taskQueue: string;
  readonly runAs: { readonly user: number; readonly group: number };
  /** Image of jobs whose spec names none; `null` = every spec must. */
  readonly image: string | null;
  readonly profiles: Readonly<Record<string, AcceleratorProfile>>;
  readonly pods: SitePods;
  readonly serviceAccounts: readonly string[];
  readonly files: {
    /** 0 = the worker gives out no files. */
    readonly port: number;
    /** Without a slash at the end; `null` = by a port-forward to the worker's pod. */
    readonly url: string | null;
    /** Absolute; `null` = where the environment says, else in the workspace. */
    readonly tokenFile: string | null;
  };
  /** Services in front of exporters. */
  readonly gpuMetrics: readonly {
    readonly namespace: string;
    readonly name: string;
    /** Of the exporters' pods; `null` = the first of the Service. */
    readonly port: number | null;
  }[];
  readonly hostPath: boolean;
}

export type Sites = Readonly<Record<string, SiteSettings>>;

interface Folders {
  /** Stands for `~`. */
  readonly home: string | undefined;
  /** Relative files are taken from here. */
  readonly directory: string | undefined;
}

/** The sites of several layers of the settings, the later ones replacing those of the same name. */
export function mergeSites(layers: readonly (z.output<typeof sitesField> | undefined)[], folders: Folders): Sites {
  const all = layers.flatMap((layer) => Object.entries(layer ?? {}));
  return Object.fromEntries(all.map(([name, written]) => [name, filledIn(name, written, folders)]));
}

function filledIn(name: string, written: z.output<typeof site>, folders: Folders): SiteSettings {
  const { kubeconfig, context, workspace, taskQueue, image, files, metrics, ...rest } = written;
  return {
    ...rest,
    kubeconfig: kubeconfig === undefined ? null : absoluteFile(kubeconfig, folders),
    context: context ?? null,
    workspace: workspaceOf(workspace),
    taskQueue: taskQueue ?? `trainyard-${name}`,
    image: image ?? null,
    files: {
      port: files.port,
      url: files.url?.replace(/\/$/, '') ?? null,
      tokenFile: files.tokenFile === undefined ? null : absoluteFile(files.tokenFile, folders),
    },
    gpuMetrics: metrics.gpu.map(serviceOf),
  };
}

function serviceOf(written: string): SiteSettings['gpuMetrics'][number] {
  const [namespace = '', name = '', port] = written.split(/[/:]/);
  return { namespace, name, port: port === undefined ? null : Number(port) };
}

function absoluteFile(path: string, { home, directory }: Folders): string {
  if (path.startsWith('~/') && home !== undefined) return posix.join(home, path.slice(2));
  return directory === undefined ? path : posix.resolve(directory, path);
}

/** Where a spec's jobs run. `settings: null` = on this machine. */
export interface SpecSite {
  readonly name: string;
  readonly settings: SiteSettings | null;
}

interface PlacedSpec {
  readonly backend: { readonly kind: string; readonly site?: string | undefined };
}

/**
 * The site of a spec: this machine for the backend `local`, else the one it names, else the only one there is.
 * @throws TrainyardError `TY_SPEC_SITE`
 */
export function siteOf({ backend }: PlacedSpec, sites: Sites): SpecSite {
  if (backend.kind === 'local') return { name: LOCAL_SITE, settings: null };
  const names = Object.keys(sites);
  const [only, ...others] = names;
  const name = backend.site ?? (others.length === 0 ? only : undefined);
  const settings = name !== undefined && Object.hasOwn(sites, name) ? sites[name] : undefined;
  if (name !== undefined && settings !== undefined) return { name, settings };
  const why =
    names.length === 0 ? 'the settings have no site' : `sites of the settings: ${names.toSorted().join(', ')}`;
  if (backend.site !== undefined || others.length === 0) {
    const message =
      backend.site === undefined
        ? `there is no site for backend ${backend.kind}`
        : `there is no site "${backend.site}"`;
    throw new TrainyardError('TY_SPEC_SITE', message, { where: 'backend.site', why });
  }
  throw new TrainyardError('TY_SPEC_SITE', `backend ${backend.kind} does not say which site it runs on`, {
    where: 'backend.site',
    why,
    fix: `backend: { kind: ${backend.kind}, site: ${names.toSorted()[0] ?? ''} }`,
  });
}
