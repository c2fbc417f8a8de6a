import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createFileCredentials, credentialFolder } from '../../adapters/credentials/file-credentials.ts';
import type { Credentials } from '../../ports/credentials.ts';
import type { ServerUser } from './git-server/server.ts';
import { type GitServer, startGitServer } from './git-server/server.ts';
import { createBare, seedCommit, type SeedFiles } from './git-server/seed.ts';
import type { World } from './world.ts';

/** A Git and LFS server over the repositories of a world, and the credentials its worker finds. */
export interface Forge {
  readonly server: GitServer;
  readonly credentials: Credentials;
  /** `TRAINYARD_GIT_ALLOW` with the server's host, for workers and the command line. */
  readonly env: Readonly<Record<string, string>>;
  /** Folder of a bare repository. */
  bare(name: string): string;
  /** Makes a bare repository with these files on `main`, or an empty one; answers its address at the server. */
  make(name: string, files?: SeedFiles): string;
}

export async function startForge(world: World, users: readonly ServerUser[]): Promise<Forge> {
  const root = join(world.folder, 'repos');
  const server = await startGitServer({ root, users });
  const bare = (name: string): string => join(root, `${name}.git`);
  return {
    server,
    credentials: createFileCredentials({ folder: credentialFolder(world.env) }),
    env: { TRAINYARD_GIT_ALLOW: `${world.env['TRAINYARD_GIT_ALLOW'] ?? ''},${server.host}` },
    bare,
    make: (name, files) => {
      mkdirSync(bare(name), { recursive: true });
      createBare(bare(name));
      if (files !== undefined) seedCommit(bare(name), 'main', files);
      return server.url(name);
    },
  };
}
