// Builds the package into dist/: compiled code, types, and the workflow bundle that every worker loads.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
rmSync(join(root, 'dist'), { recursive: true, force: true });
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const compiled = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' });
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

const built = (name) => import(pathToFileURL(join(root, 'dist', 'worker', name)).href);
const { createLogger } = await built('logger.js');
const { prebuildBundle } = await built('bundle.js');
await prebuildBundle(createLogger({ level: 'error', file: null }));
