import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJobs } from '../../adapters/local/jobs.ts';
import { markedProcesses } from '../../adapters/local/process-table.ts';
import { localBackend } from '../../backends/local/backend.ts';
import type { JobRequest } from '../../domain/job.ts';
import type { Jobs } from '../../ports/jobs.ts';
import { jobRequest } from './job-request.ts';
import type { JobRequestOptions } from './job-request.ts';

/** A folder in which local jobs run, with nothing left of it afterwards. */
export interface LocalSite {
  readonly root: string;
  readonly jobs: Jobs;
  /** As after a restart of the worker. */
  another(): Jobs;
  /** A request under a name of its own. */
  request(options?: Omit<JobRequestOptions, 'root'>): JobRequest;
  jobDir(request: JobRequest): string;
  log(request: JobRequest, rank: number): string;
  close(): Promise<void>;
}

let site = 0;

export function openLocalSite(path = process.env['PATH'] ?? ''): LocalSite {
  const root = mkdtempSync(join(tmpdir(), 'trainyard-jobs-'));
  for (const folder of ['code', 'model', 'dataset']) mkdirSync(join(root, folder));
  const open = (): Jobs => createLocalJobs({ root, path, backend: localBackend });
  const jobs = open();
  const requests: JobRequest[] = [];
  site += 1;
  return {
    root,
    jobs,
    another: open,
    request(options = {}) {
      const name = options.name ?? `job-${process.pid}-${site}-${requests.length}-t1`;
      const request = jobRequest({ ...options, name, root });
      requests.push(request);
      return request;
    },
    jobDir: (request) => join(root, 'runs', request.runId, 'jobs', request.name),
    log: (request, rank) => readFileSync(join(request.directories.logs, `train-${rank}.log`), 'utf8'),
    async close() {
      for (const { name } of requests) await jobs.cancel(name, 0);
      await supervisorsGone(root);
      rmSync(root, { recursive: true, force: true, maxRetries: 5 });
      if (environments().some((text) => text.includes(root))) throw new Error('a process of the site is left');
    },
  };
}

/** Pids of the processes that carry a job's mark, whatever group they are in. */
export function processesOf(request: JobRequest): readonly number[] {
  return markedProcesses('TRAINYARD_JOB', request.name);
}

/** Supervisors, also those in stock, end a moment after their last job or their worker. */
async function supervisorsGone(root: string): Promise<void> {
  for (let tries = 0; tries < 300 && environments().some((text) => text.includes(root)); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function environments(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1');
      } catch {
        return '';
      }
    });
}
