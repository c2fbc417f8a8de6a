import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { artifactPath } from '../domain/artifact.ts';
import type { Plan } from '../domain/plan.ts';
import type { ArtifactView } from '../domain/record.ts';
import type { RunPaths } from '../ports/workspace.ts';

/** What the packaged module is: path in the tree, digest, size. `null` without packaging. */
export async function describeArtifact(plan: Plan, paths: RunPaths): Promise<ArtifactView | null> {
  if (plan.package === null) return null;
  const path = artifactPath(plan);
  const file = join(paths.package, path);
  const info = await stat(file).catch(() => null);
  if (info === null) return null;
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return { path, sha256: hash.digest('hex'), bytes: info.size };
}
