import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createRemoteFiles } from '../adapters/files/remote-files.ts';
import type { SiteDoor } from '../adapters/files/site-door.ts';
import { readRunUsage } from '../adapters/local/run-usage.ts';
import { createWorkspace } from '../adapters/store/workspace-fs.ts';
import { TrainyardError } from '../domain/errors.ts';
import type { RunFiles } from '../ports/run-files.ts';
import type { SiteSettings, Sites } from '../spec/site-settings.ts';
import { folderFiles } from './run-files.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Gives out the files of a site's runs; `null` where its settings do not ask for it. */
export async function serveSiteFiles(
  site: SiteSettings,
  env: Env,
  note: (text: string) => void,
): Promise<{ readonly port: number; close(): Promise<void> } | null> {
  if (site.files.port === 0) return null;
  const { serveFiles } = await import('./files/serve-files.ts');
  const { ownToken } = await import('./files/token.ts');
  const { root } = site.workspace;
  const workspace = createWorkspace({ root, minFreeBytes: 0, usage: readRunUsage });
  const token = await ownToken(tokenFile(site, env) ?? join(root, 'files-token'));
  return await serveFiles({ root, files: folderFiles(workspace), port: site.files.port, token, note });
}

/** Readers for the sites that can be asked for files. Nothing is opened before it is needed. */
export function remoteFiles(sites: Sites, env: Env): readonly RunFiles[] {
  return Object.entries(sites)
    .filter(([, { files }]) => files.url !== null || files.port !== 0)
    .map(([name, site]) =>
      unlessMounted(site, createRemoteFiles({ site: name, open: () => openDoor(name, site, env) })),
    );
}

/** Where the workspace is here nobody else need be asked. */
function unlessMounted(site: SiteSettings, files: RunFiles): RunFiles {
  const mounted = async (): Promise<boolean> => {
    const found = await stat(join(site.workspace.root, 'runs')).catch(() => null);
    return found?.isDirectory() === true;
  };
  return { ...files, readRecord: async (runId) => ((await mounted()) ? null : await files.readRecord(runId)) };
}

async function openDoor(name: string, site: SiteSettings, env: Env): Promise<SiteDoor> {
  const path = tokenFile(site, env);
  if (path === null) {
    throw new TrainyardError('TY_FILES_TOKEN', `nothing says where the token for the files of site ${name} is`, {
      where: `sites.${name}.files.tokenFile`,
    });
  }
  const { readToken } = await import('./files/token.ts');
  const token = await readToken(path);
  const { url, port } = site.files;
  if (url !== null) return { origin: url, token, trouble: () => null, close: () => Promise.resolve() };
  const { forwardPort, workerPod } = await import('../adapters/kubernetes/port-forward.ts');
  const { kubeconfig, context, namespace } = site;
  const pod = await workerPod({ kubeconfig, context }, namespace);
  let last: string | null = null;
  const forwarded = await forwardPort({ kubeconfig, context }, { namespace, pod, port }, (text) => {
    last = text;
  });
  return { origin: `http://127.0.0.1:${forwarded.port}`, token, trouble: () => last, close: () => forwarded.close() };
}

function tokenFile({ files }: SiteSettings, env: Env): string | null {
  return files.tokenFile ?? (env['TRAINYARD_FILES_TOKEN_FILE'] || null);
}
