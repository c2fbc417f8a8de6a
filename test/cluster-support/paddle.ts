import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OwnCluster } from './cluster.ts';
import { applyDefinitions, readManifests } from './objects.ts';
import type { PaddleConfig } from './paddle/main.ts';

const MAIN = fileURLToPath(new URL('paddle/main.ts', import.meta.url));
const DEFINITIONS = fileURLToPath(new URL('crds/paddlecloud', import.meta.url));

/**
 * Adds the real definitions of PaddleJob and SampleSet and a stand-in for PaddleCloud's operator; see `paddle/main.ts`
 * for what it is and is not.
 */
export async function addPaddleStandIn(
  cluster: OwnCluster,
  options: { readonly volcano?: boolean } = {},
): Promise<void> {
  await applyDefinitions(cluster.rest, readManifests(DEFINITIONS));
  const work = join(cluster.stateDir, 'samples');
  mkdirSync(work, { recursive: true });
  const { server, caFile, admin } = cluster;
  const config: PaddleConfig = { server, caFile, ...admin, work, volcano: options.volcano ?? false };
  cluster.children.start('paddle', process.execPath, [MAIN], { env: { PADDLE_STAND_IN: JSON.stringify(config) } });
}
