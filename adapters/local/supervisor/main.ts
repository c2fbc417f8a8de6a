/**
 * The supervisor of one local job: `node main.ts <job directory> <compile cache>`. It outlives the worker that started it.
 * Nothing but Node and this folder's own files is loaded, and their compiled form is kept: it stands between a run and
 * its training.
 */
import { enableCompileCache } from 'node:module';

const [jobDir, cacheDir] = process.argv.slice(2);
if (jobDir === undefined || cacheDir === undefined) throw new Error('usage: main <job directory> <compile cache>');
enableCompileCache(cacheDir);
// What is imported statically would be compiled before the cache is on.
const { superviseJob } = await import('./supervise.ts');
await superviseJob(jobDir);
process.exit();
