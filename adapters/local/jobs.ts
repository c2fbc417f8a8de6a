import { join } from 'node:path';
import { TrainyardError } from '../../domain/errors.ts';
import type { JobRequest, JobStatus } from '../../domain/job.ts';
import type { ProcessBackend, SubmittedProcessJob } from '../../domain/process-job.ts';
import { suspendRefusal } from '../../domain/suspend.ts';
import { crashPoint } from '../../ports/crash-point.ts';
import type { Jobs } from '../../ports/jobs.ts';
import { cancelJob } from './cancel.ts';
import { freePort } from './free-port.ts';
import { JOB_FILES, readClaim, readState, readSubmitted } from './job-files.ts';
import { createFile, replaceFile } from '../shared/json-files.ts';
import { createJobIndex } from '../shared/job-index.ts';
import type { JobPlace } from '../shared/job-index.ts';
import { requireTorch } from './preflight.ts';
import { reconciledState } from './reconcile.ts';
import { createSupervisorStarter } from './start-supervisor.ts';
import { startWatcher } from './watcher.ts';
import type { KeptWaiter } from './watcher.ts';

export interface LocalJobsOptions {
  /** Root of the workspace; jobs lie in `runs/<run>/jobs/<job>/` and, while their end is still to be told, in `active/`. */
  readonly root: string;
  /** PATH of the jobs' processes; its first python3 is the site's Python. */
  readonly path: string;
  /** Node that runs the supervisors; by default this one. */
  readonly node?: string;
  /** The local backend's pure half. */
  readonly backend: ProcessBackend;
}

/**
 * Jobs as processes of this machine. Everything known of a job is on disk, so that any number of workers, one after
 * the other or side by side, see the same jobs; each job's processes belong to its supervisor and to no worker.
 */
export function createLocalJobs(options: LocalJobsOptions): Jobs {
  const index = createJobIndex(options.root, { active: 'active', request: JOB_FILES.request });
  const supervisors = createSupervisorStarter({
    node: options.node ?? process.execPath,
    path: options.path,
    cacheDir: join(options.root, 'cache', 'node'),
  });

  async function read(name: string): Promise<JobStatus | null> {
    const place = index.find(name);
    const job = place === null ? null : readSubmitted(place.dir);
    if (place === null || job === null) return null;
    return options.backend.status(job, await reconciledState(place.dir, job));
  }

  async function submit(request: JobRequest): Promise<{ readonly adopted: boolean }> {
    const place = claimName(request);
    let adopted = true;
    if (readSubmitted(place.dir) === null) {
      const port = request.plan.rendezvousPort ?? (await freePort());
      const spec = options.backend.render(request, port);
      const job: SubmittedProcessJob = { submittedAt: new Date().toISOString(), request, spec };
      crashPoint('job.before-request');
      adopted = !createFile(join(place.dir, JOB_FILES.request), JSON.stringify(job));
      crashPoint('job.request-kept');
    }
    requireSameAttempt(place, request);
    if (readClaim(place.dir) === null) {
      crashPoint('job.before-spawn');
      await supervisors.start(place.dir);
      crashPoint('job.taken');
    }
    return { adopted };
  }

  /** Takes the name for the run, or finds that the run has it already. */
  function claimName(request: JobRequest): JobPlace {
    const place = index.place(request.runId, request.name);
    const holder = index.find(request.name)?.runId ?? index.activate(place);
    if (holder !== request.runId) throw nameTaken(request, `run ${holder} has a job of this name`);
    // A job whose end was told already is no longer active, and need not become so again.
    if (readState(place.dir)?.outcome == null) index.activate(place);
    return place;
  }

  return {
    submit,
    read,
    active: () => Promise.resolve(index.activeNames()),
    async expect(name, waiter) {
      const place = index.find(name);
      if (place === null) throw new TrainyardError('TY_JOB_LOST', `there is no job ${name} to wait for`);
      const kept: KeptWaiter = { ...waiter, at: `${Date.now()}-${process.hrtime.bigint()}` };
      replaceFile(join(place.dir, JOB_FILES.waiter), JSON.stringify(kept));
      // After the waiter: the watcher takes the entry away first and then looks for a waiter once more.
      index.activate(place);
    },
    async cancel(name, graceSeconds) {
      const place = index.find(name);
      const job = place === null ? null : readSubmitted(place.dir);
      if (place !== null && job !== null) await cancelJob(place.dir, job, graceSeconds);
    },
    suspend: () => Promise.reject(suspendRefusal('local')),
    // Their processes are gone with them, and their files are the run's.
    sweep: () => Promise.resolve([]),
    watch(ended) {
      const watcher = startWatcher(index, read, ended);
      // Who watches is a worker, and will soon submit.
      supervisors.keepSpare();
      return Promise.resolve({
        async stop() {
          supervisors.dropSpare();
          await watcher.stop();
        },
      });
    },
    async preflight(launcher) {
      if (launcher === 'torchrun') await requireTorch(options.path);
    },
  };
}

function requireSameAttempt(place: JobPlace, request: JobRequest): void {
  const kept = readSubmitted(place.dir)?.request;
  if (kept?.runId === request.runId && kept.attempt === request.attempt) return;
  throw nameTaken(request, `it belongs to run ${kept?.runId ?? 'unknown'}, attempt ${kept?.attempt ?? 'unknown'}`);
}

function nameTaken(request: JobRequest, why: string): TrainyardError {
  return new TrainyardError('TY_JOB_NAME_TAKEN', `a job named ${request.name} exists already`, {
    where: `run ${request.runId}, attempt ${request.attempt}`,
    why,
  });
}
