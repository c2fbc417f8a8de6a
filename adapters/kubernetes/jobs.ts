import type { ClusterBackend, ClusterSite } from '../../domain/cluster-job.ts';
import { TrainyardError } from '../../domain/errors.ts';
import type { JobRequest } from '../../domain/job.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import { crashPoint } from '../../ports/crash-point.ts';
import type { JobEnded, JobProgressed, Jobs, Watch } from '../../ports/jobs.ts';
import type { KubeApi } from './api.ts';
import { cancelJob } from './cancel.ts';
import { removeWhenDue, sweepEnded } from './clean-up.ts';
import { createObjects } from './create.ts';
import { createJudge } from './judge.ts';
import type { JudgeTimes } from './judge.ts';
import { createKeptJobs } from './kept-jobs.ts';
import type { KeptJob } from './kept-jobs.ts';
import { createLogKeeper } from './logs/log-keeper.ts';
import { placeAssets, placeNeeds } from './place-files.ts';
import { preflightSite } from './preflight.ts';
import { startTender } from './tender.ts';
import type { Tender, TenderTimes } from './tender.ts';
import { createClusterView } from './view.ts';
import type { ClusterView } from './view.ts';

export interface KubernetesJobsOptions {
  readonly api: KubeApi;
  /** Name of the site; its jobs are told from those of others in the same workspace by it. */
  readonly name: string;
  readonly site: ClusterSite;
  /** The pure halves. */
  readonly backends: Readonly<Record<ClusterBackendKind, ClusterBackend>>;
  readonly note?: (text: string) => void;
  readonly times?: Partial<JudgeTimes & TenderTimes>;
}

const TIMES: JudgeTimes & TenderTimes = {
  missing: 10_000,
  peers: 10_000,
  logs: 10_000,
  scan: 2000,
  sweep: 15_000,
  create: 5000,
};

const SWEEP_ENDED_MS = 30_000;

/**
 * Jobs of a cluster. What is known of a job lies in the workspace and in its objects, so that any number of workers,
 * one after the other, see the same jobs; one worker of a site watches.
 */
export function createKubernetesJobs(options: KubernetesJobsOptions): Jobs {
  const { api, site, backends } = options;
  const { namespace } = site;
  const times = { ...TIMES, ...options.times };
  const jobs = createKeptJobs(site.workspace.root, options.name);
  const logs = createLogKeeper({ api, namespace, ...(options.note === undefined ? {} : { note: options.note }) });
  let view: ClusterView | null = null;
  let tender: Tender | null = null;
  const judge = createJudge({
    api,
    namespace,
    backends,
    jobs,
    logs,
    view: () => view,
    acts: () => tender !== null,
    times,
  });
  const deps = { api, namespace, backends, jobs, judge };

  async function submit(request: JobRequest): Promise<{ readonly adopted: boolean }> {
    const { cluster } = request.plan;
    if (cluster === undefined) {
      throw new TrainyardError('TY_INTERNAL', `job ${request.name} has no plan for a cluster`, { where: options.name });
    }
    const kept = jobs.claim(await inWorkspace(request), cluster);
    if (kept.state.uid !== null || kept.state.final !== null) return { adopted: true };
    const adopted = await create(kept);
    watchFor(backends[cluster.kind]);
    tender?.changed(request.name);
    return { adopted: adopted || kept.adopted };
  }

  async function inWorkspace(request: JobRequest): Promise<JobRequest> {
    const assets = await placeAssets(site.workspace.root, request.directories.assets);
    return { ...request, directories: { ...request.directories, assets } };
  }

  /** True when the job was there already. */
  async function create(kept: KeptJob): Promise<boolean> {
    const { request } = kept.submitted;
    const backend = backends[kept.plan.kind];
    await placeNeeds(request, site.runAs);
    const objects = backend.render(request, site, kept.plan.options);
    if (jobs.read(kept.place.name)?.state.endedBy != null) throw cancelledMeanwhile(kept.place.name);
    crashPoint('job.before-spawn');
    const created = await createObjects({ api, site, backend, request, objects });
    if ('waiting' in created) {
      jobs.update(kept.place, (one) => ({ ...one, waiting: created.waiting }));
      return false;
    }
    crashPoint('job.created');
    jobs.update(kept.place, (one) => ({ ...one, uid: created.uid, waiting: null }));
    return created.adopted;
  }

  function watchFor(backend: ClusterBackend): void {
    void view?.follow(backend.watched);
  }

  async function watch(ended: JobEnded, progressed?: JobProgressed): Promise<Watch> {
    const seen = createClusterView(api, namespace, {
      changed: (name) => tender?.changed(name),
      podGone: (uid) => logs.gone(uid),
    });
    view = seen;
    const kinds = new Set(jobs.activeNames().map((name) => jobs.read(name)?.plan.kind));
    // First what is there, so that nothing is judged by half a view.
    await Promise.all([...kinds].map((kind) => (kind === undefined ? null : seen.follow(backends[kind].watched))));
    const tending = startTender(
      {
        jobs,
        judge,
        backends,
        watchFor,
        create: async (name) => {
          const kept = jobs.read(name);
          if (kept !== null) await create(kept);
        },
        told: async (name) => {
          await removeWhenDue(deps, name, Date.now());
          seen.forget(name);
        },
        times,
      },
      ended,
      progressed,
    );
    tender = tending;
    const sweeping = setInterval(() => void sweepEnded(deps, seen, Date.now()).catch(() => undefined), SWEEP_ENDED_MS);
    return {
      async stop() {
        clearInterval(sweeping);
        tender = null;
        await tending.stop();
        view = null;
        await Promise.all([seen.stop(), logs.stop()]);
      },
    };
  }

  return {
    submit,
    read: (name) => judge.status(name, { live: true }),
    active: () => Promise.resolve(jobs.activeNames()),
    expect(name, waiter) {
      if (!jobs.expect(name, waiter)) {
        throw new TrainyardError('TY_JOB_LOST', `there is no job ${name} to wait for`, { where: options.name });
      }
      tender?.changed(name);
      return Promise.resolve();
    },
    cancel: (name, graceSeconds) => cancelJob(deps, name, graceSeconds),
    watch,
    preflight: (_launcher, plans = []) => preflightSite({ api, site, backends, name: options.name }, plans),
  };
}

function cancelledMeanwhile(name: string): TrainyardError {
  return new TrainyardError('TY_JOB_CANCELLED', `job ${name} was ended before it was created`, { where: name });
}
