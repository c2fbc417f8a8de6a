/**
 * `node submit-and-die.ts ROOT REQUEST CRASH_POINT [watches]`: a worker that is killed at that place of a submission.
 * One that watches has a supervisor in stock.
 */
import { createLocalJobs } from '../../adapters/local/jobs.ts';
import { localBackend } from '../../backends/local/backend.ts';
import type { JobRequest } from '../../domain/job.ts';
import { setCrashHook } from '../../ports/crash-point.ts';

const [root = '', request = '{}', place = '', watches] = process.argv.slice(2);
setCrashHook((name) => {
  if (name === place) process.kill(process.pid, 'SIGKILL');
});
const jobs = createLocalJobs({ root, path: process.env['PATH'] ?? '', backend: localBackend });
if (watches !== undefined) await jobs.watch(() => {});
await jobs.submit(JSON.parse(request) as JobRequest);
