import { join } from 'node:path';
import type { KubeObject, ObservedJob, SubmittedClusterJob } from '../../domain/cluster-job.ts';
import { TrainyardError } from '../../domain/errors.ts';
import type { FailureCause, JobPhase, JobRequest, JobStatus } from '../../domain/job.ts';
import type { ClusterJobPlan } from '../../domain/pod-plan.ts';
import type { Waiter } from '../../ports/jobs.ts';
import { createJobIndex } from '../shared/job-index.ts';
import type { JobPlace } from '../shared/job-index.ts';
import { createFile, readJson, replaceFile } from '../shared/json-files.ts';

/** What is known of a job besides what its objects say. Survives the worker. Times are RFC 3339. */
export interface KeptState {
  /** Of the job's object; `null` = not created yet. */
  readonly uid: string | null;
  /** Why it is not created yet though it was tried. */
  readonly waiting: string | null;
  /** When each phase was first seen. */
  readonly since: Readonly<Partial<Record<JobPhase, string>>>;
  /** Since when its object has not been found. */
  readonly missingSince: string | null;
  readonly endedBy: ObservedJob['endedBy'];
  /** Who had it suspended; `null` = it is not. */
  readonly suspended: { readonly by: string | null } | null;
  /** Uids of pods that went when it was suspended. */
  readonly bygone: readonly string[];
  /** Why it failed, as it stood when Trainyard ended it; its pods do not say so any more once they are told to go. */
  readonly cause: FailureCause | null;
  /** Pods that ended or went, as last seen. */
  readonly pods: readonly KubeObject[];
  /** What was told last. */
  readonly last: JobStatus | null;
  /** The end; nothing changes after it. */
  readonly final: JobStatus | null;
}

export interface KeptJob {
  readonly place: JobPlace;
  readonly submitted: SubmittedClusterJob<unknown>;
  readonly plan: ClusterJobPlan;
  readonly state: KeptState;
}

/** A waiter as it lies beside the job; `at` tells two expectations of the same activity apart. */
export interface KeptWaiter extends Waiter {
  readonly at: string;
}

const FILES = { request: 'cluster-job.json', state: 'cluster-state.json', waiter: 'cluster-waiter.json' } as const;

const NEW: KeptState = {
  uid: null,
  waiting: null,
  since: {},
  missingSince: null,
  endedBy: null,
  suspended: null,
  bygone: [],
  cause: null,
  pods: [],
  last: null,
  final: null,
};

export interface KeptJobs {
  /** Keeps a request, or finds that it is kept. Throws `TY_JOB_NAME_TAKEN` when another run or attempt has the name. */
  claim(request: JobRequest, plan: ClusterJobPlan): KeptJob & { readonly adopted: boolean };
  read(name: string): KeptJob | null;
  /** Changes the state at once; nothing else of this process comes between. */
  update(place: JobPlace, change: (state: KeptState) => KeptState): KeptState;
  waiter(place: JobPlace): KeptWaiter | null;
  expect(name: string, waiter: Waiter): boolean;
  activeNames(): readonly string[];
  isActive(name: string): boolean;
  deactivate(name: string): void;
  activate(place: JobPlace): void;
}

/** The jobs of a site as files of its workspace, in `runs/<run>/jobs/<job>/`. */
export function createKeptJobs(root: string, site: string): KeptJobs {
  const index = createJobIndex(root, { active: `active-${site}`, request: FILES.request });

  // Files that only this module writes, each in one shape.
  const readState = (place: JobPlace): KeptState => ({
    ...NEW,
    ...(readJson(join(place.dir, FILES.state)) as Partial<KeptState> | null),
  });
  const readWaiter = (place: JobPlace): KeptWaiter | null =>
    readJson(join(place.dir, FILES.waiter)) as KeptWaiter | null;

  function read(name: string): KeptJob | null {
    const place = index.find(name);
    if (place === null) return null;
    const submitted = readJson(join(place.dir, FILES.request)) as SubmittedClusterJob<unknown> | null;
    const plan = submitted?.request.plan.cluster;
    if (submitted === null || plan === undefined) return null;
    return { place, submitted, plan, state: readState(place) };
  }

  function claim(request: JobRequest, plan: ClusterJobPlan): KeptJob & { readonly adopted: boolean } {
    const place = index.place(request.runId, request.name);
    const holder = index.find(request.name)?.runId ?? index.activate(place);
    if (holder !== request.runId) throw nameTaken(request, `run ${holder} has a job of this name`);
    const job: SubmittedClusterJob<unknown> = {
      submittedAt: new Date().toISOString(),
      request,
      options: plan.options,
    };
    const adopted = !createFile(join(place.dir, FILES.request), JSON.stringify(job));
    const kept = read(request.name);
    if (kept === null) throw new TrainyardError('TY_INTERNAL', `job ${request.name} was written and is not there`);
    const { runId, attempt } = kept.submitted.request;
    if (runId !== request.runId || attempt !== request.attempt) {
      throw nameTaken(request, `it belongs to run ${runId}, attempt ${attempt}`);
    }
    if (kept.state.final === null) index.activate(place);
    return { ...kept, adopted };
  }

  return {
    claim,
    read,
    update(place, change) {
      const before = readState(place);
      const after = change(before);
      if (after !== before) replaceFile(join(place.dir, FILES.state), JSON.stringify(after));
      return after;
    },
    waiter: readWaiter,
    expect(name, waiter) {
      const place = index.find(name);
      if (place === null) return false;
      const kept: KeptWaiter = { ...waiter, at: `${Date.now()}-${process.hrtime.bigint()}` };
      replaceFile(join(place.dir, FILES.waiter), JSON.stringify(kept));
      // After the waiter: the watcher takes the entry away first and then looks for a waiter once more.
      index.activate(place);
      return true;
    },
    activeNames: () => index.activeNames(),
    isActive: (name) => index.isActive(name),
    activate: (place) => void index.activate(place),
    deactivate: (name) => index.deactivate(name),
  };
}

export function nameTaken(request: JobRequest, why: string): TrainyardError {
  return new TrainyardError('TY_JOB_NAME_TAKEN', `a job named ${request.name} exists already`, {
    where: `run ${request.runId}, attempt ${request.attempt}`,
    why,
  });
}
