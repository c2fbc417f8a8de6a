import type { RankPod } from '../../domain/cluster-job.ts';
import type { KubeApi } from './api.ts';
import { createGpuReader } from './gpu/exporters.ts';
import type { GpuService } from './gpu/exporters.ts';
import type { KeptJob } from './kept-jobs.ts';
import { createUsageSampler } from './usage.ts';

const EVERY_MS = 15_000;

/** Samples what the ranks of all running jobs use, beside each job, where the cluster measures it. */
export class UsageOfRanks {
  readonly #sampler: ReturnType<typeof createUsageSampler>;
  readonly #running = new Map<string, { readonly jobDir: string; readonly pods: readonly RankPod[] }>();
  #busy = false;

  constructor(options: {
    readonly api: KubeApi;
    readonly namespace: string;
    /** Where exporters tell of GPUs; none = nobody is asked. */
    readonly gpus: readonly GpuService[];
    readonly note: (text: string) => void;
  }) {
    const { gpus, ...rest } = options;
    const gpu = gpus.length === 0 ? {} : { gpu: createGpuReader({ ...rest, services: gpus }) };
    this.#sampler = createUsageSampler({ ...rest, ...gpu });
  }

  /** The ranks of a job now; none when it does not run any more. */
  running({ place }: KeptJob, pods: readonly RankPod[]): void {
    if (pods.length > 0) {
      this.#running.set(place.name, { jobDir: place.dir, pods });
    } else if (this.#running.delete(place.name)) {
      this.#sampler.forget(place.dir);
    }
  }

  start(): NodeJS.Timeout {
    return setInterval(() => void this.#sample(), EVERY_MS);
  }

  async #sample(): Promise<void> {
    if (this.#busy || this.#running.size === 0) return;
    this.#busy = true;
    const ranks = [...this.#running.values()].flatMap(({ jobDir, pods }) =>
      pods.map(({ name, role, rank, node }) => ({
        jobDir,
        pod: name,
        role,
        rank,
        ...(node === undefined ? {} : { node }),
      })),
    );
    await this.#sampler.sample(ranks).catch(() => undefined);
    this.#busy = false;
  }
}
