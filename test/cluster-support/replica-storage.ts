import { chownSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { createFileCredentials } from '../../adapters/credentials/file-credentials.ts';
import { toolPath } from '../../adapters/tools/locate.ts';
import { makeCertificate } from '../support/git-server/certificate.ts';
import { startGitServer } from '../support/git-server/server.ts';
import type { GitServer } from '../support/git-server/server.ts';
import type { OwnStorage, StoragePlace } from './digits.ts';
import { apply } from './objects.ts';

const MAIN = fileURLToPath(new URL('../../client/cli/main.ts', import.meta.url));

/** Where pods hand over, as the settings of a site have it. */
export type HandoverSettings = Readonly<Record<string, unknown>>;

export interface ReplicaStorage extends OwnStorage {
  readonly git: GitServer;
}

/**
 * A site whose pods share nothing with the worker: repositories behind a password and a certificate of their own, and
 * a Secret made of the very files that `trainyard credential` writes.
 */
export async function replicaStorage(
  { cluster, namespace, world, repos, workspace }: StoragePlace,
  handover: HandoverSettings,
): Promise<ReplicaStorage> {
  const tls = makeCertificate(world.folder);
  const token = 'digits-secret-token';
  const users = [{ name: 'trainyard', token, access: { '*': 'write' } }] as const;
  const git = await startGitServer({ root: repos, users, tls });
  const config = join(world.folder, '.config', 'trainyard');
  const credentials = createFileCredentials({ folder: config });
  await credentials.set({ name: 'forge', host: git.host, username: 'trainyard' }, token);
  await credentials.trust(git.host, tls.cert);
  await addSecret({ cluster, namespace }, 'trainyard-git', {
    ...filesIn(join(config, 'credentials')),
    ...filesIn(join(config, 'certificates')),
  });
  // The image of the local node is this machine, where Trainyard is a checkout and its tools lie in a cache.
  const cache = process.env['XDG_CACHE_HOME'] ?? join(process.env['HOME'] ?? '', '.cache');
  const command = ['env', `PATH=${toolPath(process.env)}`, `XDG_CACHE_HOME=${cache}`, process.execPath, MAIN];
  return {
    git,
    workspace: {
      root: workspace,
      claim: null,
      replicas: { image: 'trainyard:test', command, credentials: 'trainyard-git', handover },
    },
    spec: {
      model: { repo: git.url('model') },
      dataset: { repo: git.url('dataset') },
      output: { repo: git.url('output'), branch: '{run}' },
      credentials: 'forge',
    },
    close: () => git.stop(),
  };
}

export async function addSecret(
  { cluster, namespace }: Pick<StoragePlace, 'cluster' | 'namespace'>,
  name: string,
  stringData: Readonly<Record<string, string>>,
): Promise<void> {
  await apply(cluster.rest, [{ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData }]);
}

/** No key of a Secret holds the colon before a port. */
function filesIn(folder: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name.replace(':', '_'), readFileSync(join(folder, name), 'utf8')]),
  );
}

/** A folder that stands for a claim of the user the pods run as. */
export function claimFolder(path: string): string {
  mkdirSync(path, { recursive: true });
  chownSync(path, 1000, 1000);
  return path;
}
