import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings } from '../spec/settings.ts';
import type { SiteSettings } from '../spec/site-settings.ts';
import { runUntil, serveQueue } from './serve-queue.ts';
import type { ServeQueueOptions } from './serve-queue.ts';
import { serveSiteFiles } from './site-files.ts';
import { createSitePorts } from './site-ports.ts';

/** Between tries to reach a cluster that is away when the worker starts. */
const RETRY_MS = 5000;

interface ServeSites extends Omit<ServeQueueOptions, 'deps' | 'bundle'> {
  readonly settings: Settings;
  readonly env: NodeJS.ProcessEnv;
  /** One person has this machine to themselves. */
  readonly unsignedDecisions: boolean;
  /** Names of the sites; the others are somebody else's. */
  readonly sites: readonly string[];
  readonly signal: AbortSignal;
}

/** The sites whose workspace this machine sees; the others have a worker of their own. */
export function sitesHere({ sites }: Settings): readonly string[] {
  return Object.entries(sites)
    .filter(([, { workspace }]) => existsSync(workspace.root))
    .map(([name]) => name);
}

/** Serves each site's queue until the signal. A cluster that is away holds up neither the worker nor the other sites. */
export async function serveSites(options: ServeSites): Promise<void> {
  const { settings } = options;
  const chosen = Object.entries(settings.sites).filter(([name]) => options.sites.includes(name));
  await Promise.all(chosen.map(([name, site]) => serveSite(options, name, site)));
}

async function serveSite(options: ServeSites, name: string, site: SiteSettings): Promise<void> {
  const { logger, signal } = options;
  while (!signal.aborted) {
    try {
      const ports = await createSitePorts({ ...options, name, site });
      const files = await giveOutFiles(options, name, site);
      try {
        const queue = await serveQueue({ ...options, deps: ports.deps, bundle: null });
        await runUntil(queue, signal, () => logger.info({ site: name }, 'the site is served'));
      } finally {
        await files?.close();
        ports.close();
      }
    } catch (error) {
      logger.warn({ site: name, why: String(error) }, 'the site cannot be served; trying again');
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Without it runs go on all the same. */
async function giveOutFiles({ env, logger }: ServeSites, name: string, site: SiteSettings) {
  try {
    const served = await serveSiteFiles(site, env, (text) => logger.warn({ site: name }, text));
    if (served !== null) logger.info({ site: name, port: served.port }, 'the files of its runs are given out');
    return served;
  } catch (error) {
    logger.warn({ site: name, why: String(error) }, 'the files of its runs are not given out');
    return null;
  }
}
