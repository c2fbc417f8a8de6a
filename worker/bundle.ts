import { bundleWorkflowCode } from '@temporalio/worker';
import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import writeFileAtomic from 'write-file-atomic';
import type { Logger } from './logger.ts';

const here = import.meta.url;
const extension = here.endsWith('.ts') ? '.ts' : '.js';
const root = fileURLToPath(new URL('..', here));

/** Where the package keeps the bundle that `npm run build` made. */
const PREBUILT = join(root, 'workflow-bundle.js');

/**
 * Path of the workflow bundle: the package's own, or the one built once for this code and this SDK and found
 * again by digest. Bundling takes seconds and 300 MB, which a worker should not pay at every start.
 */
export async function workflowBundle(cache: string, logger: Logger): Promise<string> {
  if (extension === '.js' && (await exists(PREBUILT))) return PREBUILT;
  const path = join(cache, 'bundles', `${await codeDigest()}.js`);
  if (await exists(path)) return path;
  logger.info({ path }, 'building the workflow bundle');
  await mkdir(join(cache, 'bundles'), { recursive: true });
  await writeBundle(path, logger);
  return path;
}

/** Part of `npm run build`: the bundle goes into the package. */
export async function prebuildBundle(logger: Logger): Promise<string> {
  await writeBundle(PREBUILT, logger);
  return PREBUILT;
}

async function writeBundle(path: string, logger: Logger): Promise<void> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(root, 'workflows', `index${extension}`),
    logger: { ...quiet, error: (message, meta) => logger.error({ ...meta }, message) },
  });
  await writeFileAtomic(path, code);
}

const ignore = (): void => {};
const quiet = { log: ignore, trace: ignore, debug: ignore, info: ignore, warn: ignore };

async function codeDigest(): Promise<string> {
  const hash = createHash('sha256');
  const { resolve } = createRequire(here);
  // The SDK that bundles, and the one library that goes into the bundle beside its own: it does not export its manifest.
  hash.update(await readFile(resolve('@temporalio/worker/package.json')));
  hash.update(await readFile(join(dirname(resolve('@noble/curves/ed25519.js')), 'package.json')));
  for (const room of ['workflows', 'domain']) {
    const names = await readdir(join(root, room), { recursive: true });
    for (const name of names.filter((one) => one.endsWith(extension)).toSorted()) {
      hash.update(`${room}/${name}\0`).update(await readFile(join(root, room, name)));
    }
  }
  return hash.digest('hex').slice(0, 32);
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
