import type { ClusterBackend, ClusterSite } from '../../domain/cluster-job.ts';
import { TrainyardError, errorEntry } from '../../domain/errors.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import { crashPoint } from '../../ports/crash-point.ts';
import type { KubeApi } from './api.ts';
import { createObjects } from './create.ts';
import type { KeptJob, KeptJobs } from './kept-jobs.ts';
import { placeNeeds } from './place-files.ts';
import { deleteObjects } from './remove.ts';

interface Making {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly site: ClusterSite;
  readonly backends: Readonly<Record<ClusterBackendKind, ClusterBackend>>;
  readonly jobs: KeptJobs;
}

/** Makes the objects of jobs, for each job one try after the other. */
export class JobMaker {
  readonly #deps: Making;
  readonly #tries = new Map<string, Promise<unknown>>();

  constructor(deps: Making) {
    this.#deps = deps;
  }

  /**
   * True when the job was there already. What must wait is noted with the job and tried again by the watcher.
   * Throws `TY_JOB_CANCELLED` for a job that was ended meanwhile: nothing of it is left then.
   */
  async make(name: string): Promise<boolean> {
    const before = this.#tries.get(name);
    const trying = (async () => {
      await before?.catch(() => undefined);
      return await this.#make(name);
    })();
    this.#tries.set(name, trying);
    try {
      return await trying;
    } finally {
      if (this.#tries.get(name) === trying) this.#tries.delete(name);
    }
  }

  /** Resolves when nothing is being made for this job. */
  async settled(name: string): Promise<void> {
    await this.#tries.get(name)?.catch(() => undefined);
  }

  async #make(name: string): Promise<boolean> {
    const { api, site, backends, jobs } = this.#deps;
    const kept = jobs.read(name);
    if (kept === null) throw new TrainyardError('TY_JOB_LOST', `there is no job ${name} to create`, { where: name });
    if (kept.state.uid !== null || kept.state.final !== null) return true;
    const { request } = kept.submitted;
    const backend = backends[kept.plan.kind];
    await placeNeeds(request, site.runAs);
    const objects = backend.render(request, site, kept.plan.options);
    if (this.#isEnded(name)) throw endedMeanwhile(name);
    crashPoint('job.before-spawn');
    const created = await createObjects({ api, site, backend, request, objects }).catch(async (error: unknown) => {
      // What was made before the one that was refused would be left for ever.
      if (isFinal(error)) await this.#takeBack(kept, backend);
      throw error;
    });
    if (this.#isEnded(name)) {
      // Whoever ended it may have looked before the objects were there.
      await deleteObjects(this.#deps, kept, backend);
      throw endedMeanwhile(name);
    }
    if ('waiting' in created) {
      jobs.update(kept.place, (one) => ({ ...one, waiting: created.waiting }));
      return false;
    }
    crashPoint('job.created');
    jobs.update(kept.place, (one) => ({ ...one, uid: created.uid, waiting: null }));
    return created.adopted;
  }

  #isEnded(name: string): boolean {
    return this.#deps.jobs.read(name)?.state.endedBy != null;
  }

  async #takeBack(kept: KeptJob, backend: ClusterBackend): Promise<void> {
    await deleteObjects(this.#deps, kept, backend).catch(() => undefined);
  }
}

/** Whether another try would end the same way. */
export function isFinal(error: unknown): error is TrainyardError {
  return error instanceof TrainyardError && errorEntry(error.code).fate === 'never';
}

function endedMeanwhile(name: string): TrainyardError {
  return new TrainyardError('TY_JOB_CANCELLED', `job ${name} was ended before it was created`, { where: name });
}
