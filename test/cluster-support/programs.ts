import { cacheRoot } from '../../scripts/setup/cache.mjs';
import { findKubernetes, kubernetesFolder, namedControlPlane } from '../../scripts/setup/kubernetes.mjs';
import type { KubernetesPart } from '../../scripts/setup/kubernetes.mjs';

/** The folder of a part that setup has obtained. Throws and names the command that gets it. */
export function programsOf(part: KubernetesPart): string {
  const root = cacheRoot();
  const named = part === 'kubernetes' ? namedControlPlane(process.env) : null;
  const folder = named ?? findKubernetes(root, part);
  if (folder !== null) return folder;
  const command = part === 'kubernetes' || part === 'kwok' ? 'npm test' : 'npm run test:cluster';
  throw new Error(
    `there is no ${part} for tests in ${kubernetesFolder(root, part)}: \`${command}\` gets it, and says why it cannot`,
  );
}
