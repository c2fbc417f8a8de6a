import { createHash } from 'node:crypto';
import type { ClusterBackend, ClusterSite, Graces } from '../../domain/cluster-job.ts';
import { TrainyardError } from '../../domain/errors.ts';
import type { JobPlan, JobRequest, JobStatus } from '../../domain/job.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { SuspendWish } from '../../domain/suspend.ts';
import type { JobEnded, JobProgressed, Jobs, Waiter, Watch } from '../../ports/jobs.ts';
import type { KubeApi } from './api.ts';
import { cancelJob } from './cancel.ts';
import { removeWhenDue, sweepLabelled } from './clean-up.ts';
import { createJudge } from './judge.ts';
import type { Judge, JudgeTimes } from './judge.ts';
import { createKeptJobs } from './kept-jobs.ts';
import type { KeptJobs } from './kept-jobs.ts';
import type { GpuService } from './gpu/exporters.ts';
import { holdLease } from './lease.ts';
import type { WatcherLease } from './lease.ts';
import { createLogKeeper } from './logs/log-keeper.ts';
import type { LogKeeper } from './logs/log-keeper.ts';
import { JobMaker, isFinal } from './maker.ts';
import { placeAssets } from './place-files.ts';
import { preflightSite } from './preflight.ts';
import { suspendJob } from './suspend.ts';
import { startTender } from './tender.ts';
import type { Tender, TenderDeps, TenderTimes } from './tender.ts';
import { refused } from './unborn.ts';
import { UsageOfRanks } from './usage-of-ranks.ts';
import { createClusterView } from './view.ts';
import type { ClusterView } from './view.ts';

/** Milliseconds. */
type SiteTimes = JudgeTimes & TenderTimes;

export interface KubernetesJobsOptions {
  readonly api: KubeApi;
  /** Name of the site; its jobs are told from those of others in the same workspace by it. */
  readonly name: string;
  readonly site: ClusterSite;
  /** The pure halves. */
  readonly backends: Readonly<Record<ClusterBackendKind, ClusterBackend>>;
  readonly note?: (text: string) => void;
  /** Services of exporters that tell what pods use of GPUs. */
  readonly gpus?: readonly GpuService[];
  readonly times?: Partial<SiteTimes>;
  /** Left out, `GRACES`. */
  readonly graces?: Graces;
}

const TIMES: SiteTimes = {
  missing: 10_000,
  peers: 10_000,
  logs: 10_000,
  scan: 2000,
  sweep: 60_000,
  create: 5000,
};

/**
 * Jobs of a cluster. What is known of a job lies in the workspace and in its objects, so that any number of workers,
 * one after the other, see the same jobs; one worker of a site watches.
 */
export function createKubernetesJobs(options: KubernetesJobsOptions): Jobs {
  return new KubernetesJobs(options);
}

class KubernetesJobs implements Jobs {
  readonly #options: KubernetesJobsOptions;
  readonly #times: SiteTimes;
  readonly #jobs: KeptJobs;
  readonly #logs: LogKeeper;
  readonly #judge: Judge;
  readonly #maker: JobMaker;
  readonly #usage: UsageOfRanks;
  /** Of the watcher; `null` = this process does not watch. */
  #view: ClusterView | null = null;
  #tender: Tender | null = null;
  #lease: WatcherLease | null = null;

  constructor(options: KubernetesJobsOptions) {
    const { api, site, backends, note, graces } = options;
    const { namespace } = site;
    this.#options = options;
    this.#times = { ...TIMES, ...options.times };
    this.#jobs = createKeptJobs(site.workspace.root, options.name);
    this.#logs = createLogKeeper({ api, namespace, ...(note === undefined ? {} : { note }) });
    this.#usage = new UsageOfRanks({ api, namespace, gpus: options.gpus ?? [], note: note ?? (() => undefined) });
    this.#judge = createJudge({
      api,
      namespace,
      backends,
      jobs: this.#jobs,
      logs: this.#logs,
      view: () => this.#view,
      acts: () => this.#tender !== null && (this.#lease?.held() ?? true),
      keepsLogs: () => this.#lease?.held() ?? true,
      ranks: (kept, pods) => this.#usage.running(kept, pods),
      times: this.#times,
      ...(graces === undefined ? {} : { graces }),
    });
    this.#maker = new JobMaker({ api, namespace, site, backends, jobs: this.#jobs });
  }

  /** What ending and removing jobs needs. */
  get #deps() {
    const { api, site, backends } = this.#options;
    return {
      api,
      namespace: site.namespace,
      backends,
      jobs: this.#jobs,
      judge: this.#judge,
      maker: this.#maker,
      keepsLogs: () => this.#lease?.held() === true,
    };
  }

  async submit(request: JobRequest): Promise<{ readonly adopted: boolean }> {
    const { cluster } = request.plan;
    if (cluster === undefined) {
      throw new TrainyardError('TY_INTERNAL', `job ${request.name} has no plan for a cluster`, {
        where: this.#options.name,
      });
    }
    const kept = this.#jobs.claim(await this.#inWorkspace(request), cluster);
    if (kept.state.uid !== null || kept.state.final !== null) return { adopted: true };
    const adopted = await this.#maker.make(request.name).catch((error: unknown) => {
      // Nobody will ever ask for the end of what the cluster does not take.
      if (isFinal(error)) this.#jobs.deactivate(request.name);
      throw error;
    });
    void this.#view?.follow(this.#options.backends[cluster.kind].watched);
    this.#tender?.changed(request.name);
    return { adopted: adopted || kept.adopted };
  }

  async #inWorkspace(request: JobRequest): Promise<JobRequest> {
    const assets = await placeAssets(this.#options.site.workspace.root, request.directories.assets);
    return { ...request, directories: { ...request.directories, assets } };
  }

  read(name: string): Promise<JobStatus | null> {
    return this.#judge.status(name, { live: true });
  }

  active(): Promise<readonly string[]> {
    return Promise.resolve(this.#jobs.activeNames());
  }

  expect(name: string, waiter: Waiter): Promise<void> {
    if (!this.#jobs.expect(name, waiter)) {
      const where = this.#options.name;
      return Promise.reject(new TrainyardError('TY_JOB_LOST', `there is no job ${name} to wait for`, { where }));
    }
    this.#tender?.changed(name);
    return Promise.resolve();
  }

  cancel(name: string, graceSeconds: number): Promise<void> {
    return cancelJob(this.#deps, name, graceSeconds);
  }

  async suspend(name: string, wish: SuspendWish): Promise<void> {
    await suspendJob(this.#deps, name, wish);
    this.#tender?.changed(name);
  }

  sweep(): Promise<readonly string[]> {
    return sweepLabelled(this.#deps, Date.now());
  }

  preflight(_launcher: 'plain' | 'torchrun', plans: readonly JobPlan[] = []): Promise<void> {
    const { api, site, backends, name } = this.#options;
    return preflightSite({ api, site, backends, name }, plans);
  }

  async watch(ended: JobEnded, progressed?: JobProgressed): Promise<Watch> {
    const { api, site, backends } = this.#options;
    const view = createClusterView(api, site.namespace, {
      changed: (name) => this.#tender?.changed(name),
      podGone: (uid) => this.#logs.gone(uid),
    });
    this.#view = view;
    this.#lease = await holdLease({ ...this.#leased(), api, namespace: site.namespace });
    const kinds = new Set(this.#jobs.activeNames().map((name) => this.#jobs.read(name)?.plan.kind));
    const watched = [...kinds].flatMap((kind) => (kind === undefined ? [] : backends[kind].watched));
    // First what is there, so that not every job has to be asked for on its own.
    await view.follow(watched);
    const tender = startTender(this.#tending(view), ended, progressed);
    this.#tender = tender;
    const sampling = this.#usage.start();
    return {
      stop: async () => {
        clearInterval(sampling);
        this.#tender = null;
        await tender.stop();
        this.#view = null;
        await Promise.all([view.stop(), this.#logs.stop()]);
        await this.#lease?.stop();
        this.#lease = null;
      },
    };
  }

  /** One lease a site and workspace: several installations may share a namespace. */
  #leased() {
    const { name, site, note } = this.#options;
    const workspace = createHash('sha256').update(site.workspace.root).digest('hex').slice(0, 8);
    return { name: `trainyard-${name}-${workspace}`, ...(note === undefined ? {} : { note }) };
  }

  /** A job that had to wait when it was submitted: nobody is there any more who could be told what is refused. */
  async #createLater(name: string): Promise<void> {
    try {
      await this.#maker.make(name);
    } catch (error) {
      const kept = this.#jobs.read(name);
      if (kept === null || !isFinal(error)) throw error;
      const why = error.details.why === undefined ? error.message : `${error.message}: ${error.details.why}`;
      const final = refused(kept, { code: error.code, message: why });
      this.#jobs.update(kept.place, (one) => (one.final === null ? { ...one, last: final, final } : one));
    }
  }

  #tending(view: ClusterView): TenderDeps {
    const { backends } = this.#options;
    return {
      jobs: this.#jobs,
      judge: this.#judge,
      watchFor: (kind) => void view.follow(backends[kind].watched),
      create: (name) => this.#createLater(name),
      told: async (name) => {
        await removeWhenDue(this.#deps, name, Date.now());
        view.forget(name);
      },
      times: this.#times,
    };
  }
}
