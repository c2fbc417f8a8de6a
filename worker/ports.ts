import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { createFileCredentials } from '../adapters/credentials/file-credentials.ts';
import { createGit } from '../adapters/git/git.ts';
import { createLocalJobs } from '../adapters/local/jobs.ts';
import { createLocalServing } from '../adapters/local/serving.ts';
import { readUsage } from '../adapters/local/usage.ts';
import { createWorkspace } from '../adapters/store/workspace-fs.ts';
import { cacheDirectory } from '../adapters/tools/cache.ts';
import { locateTools, type Tools, toolPath } from '../adapters/tools/locate.ts';
import type { Credentials } from '../ports/credentials.ts';
import type { Git, GitPublisher } from '../ports/git.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Serving } from '../ports/serving.ts';
import type { Workspace } from '../ports/workspace.ts';
import type { Settings } from '../spec/settings.ts';

/** The real world of this machine behind the ports. */
export interface Ports {
  readonly git: Git & GitPublisher;
  readonly jobs: Jobs;
  readonly workspace: Workspace;
  readonly serving: Serving;
  readonly credentials: Credentials;
  readonly tools: Tools;
  readonly cache: string;
}

/** The folder of the package that holds programs for the site's Python. */
const ASSETS = fileURLToPath(new URL('../assets/serving', import.meta.url));

/** Adapters for these settings. Nothing is started and nothing is written yet. */
export function createPorts(settings: Settings, env: NodeJS.ProcessEnv): Ports {
  const tools = locateTools(settings.python === null ? env : { ...env, TRAINYARD_PYTHON: settings.python });
  const path = toolPath(env, tools);
  const { workspace: root } = settings;
  const credentials = createFileCredentials(env);
  const workspace = createWorkspace({ root, minFreeBytes: settings.minFree, usage: readUsage });
  const git = createGit({
    mirrors: join(root, 'mirrors'),
    checkouts: join(root, 'checkouts'),
    scratch: join(root, 'scratch'),
    path,
    ...settings.git,
    credentials,
    requireFree: (bytes) => workspace.requireFree(bytes),
  });
  return {
    git,
    jobs: createLocalJobs({ root, path, assets: ASSETS }),
    workspace,
    serving: createLocalServing({ root, path, assets: ASSETS }),
    credentials,
    tools,
    cache: cacheDirectory(env),
  };
}
