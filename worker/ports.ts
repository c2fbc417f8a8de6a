import { dirname, delimiter, join } from 'node:path';
import { createFileCredentials, credentialFolder } from '../adapters/credentials/file-credentials.ts';
import { createGit } from '../adapters/git/create-git.ts';
import { createGitPublisher } from '../adapters/git/publish.ts';
import { createLocalJobs } from '../adapters/local/jobs.ts';
import { readRunUsage } from '../adapters/local/run-usage.ts';
import { createLocalServing } from '../adapters/local/serving.ts';
import { createWorkspace } from '../adapters/store/workspace-fs.ts';
import { cacheRoot } from '../adapters/tools/layout.ts';
import { locateTools, type Tools, toolPath } from '../adapters/tools/locate.ts';
import { localBackend } from '../backends/local/backend.ts';
import type { Credentials } from '../ports/credentials.ts';
import type { Git, GitPublisher } from '../ports/git.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Serving } from '../ports/serving.ts';
import type { Workspace } from '../ports/workspace.ts';
import type { ActivityDeps } from '../activities/deps.ts';
import type { Settings } from '../spec/settings.ts';
import { LOCAL_SITE } from '../spec/site-settings.ts';
import { ASSETS } from './assets.ts';

/** The real world of this machine behind the ports. */
export interface Ports {
  readonly git: Git;
  readonly publisher: GitPublisher;
  readonly jobs: Jobs;
  readonly workspace: Workspace;
  readonly serving: Serving;
  readonly credentials: Credentials;
  readonly tools: Tools;
  /** Folder of caches outside any checkout. */
  readonly cache: string;
  /** Folder of Trainyard's own programs for the site's Python. */
  readonly assets: string;
}

/** Adapters for these settings. Nothing is started and nothing is written yet. */
export function createPorts(settings: Settings, env: NodeJS.ProcessEnv): Ports {
  const named = settings.python === null ? env : { ...env, TRAINYARD_PYTHON: settings.python };
  const tools = locateTools(named);
  const gitPath = toolPath(env);
  const sitePath = tools.python === null ? gitPath : `${dirname(tools.python)}${delimiter}${gitPath}`;
  const { workspace: root } = settings;
  const credentials = createFileCredentials({ folder: credentialFolder(env) });
  const workspace = createWorkspace({ root, minFreeBytes: settings.minFree, usage: readRunUsage });
  const gitOptions = {
    mirrors: join(root, 'mirrors'),
    checkouts: join(root, 'checkouts'),
    scratch: join(root, 'scratch'),
    path: gitPath,
    ...settings.git,
    credentials,
    requireFree: (bytes: number) => workspace.requireFree(bytes),
  };
  return {
    git: createGit(gitOptions),
    publisher: createGitPublisher(gitOptions),
    jobs: createLocalJobs({ root, path: sitePath, backend: localBackend }),
    workspace,
    serving: createLocalServing({ root, path: sitePath, assets: ASSETS }),
    credentials,
    tools,
    cache: cacheRoot(env),
    assets: ASSETS,
  };
}

/** What activities need on this machine's own site. */
export function localDeps(ports: Ports, settings: Settings, unsignedDecisions: boolean): ActivityDeps {
  const { sites, taskQueue, author, identities, projects } = settings;
  return { ...ports, site: LOCAL_SITE, sites, taskQueue, author, identities, projects, unsignedDecisions };
}
