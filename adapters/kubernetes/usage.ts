import { KUBE_LABELS } from '../../domain/cluster-job.ts';
import { listAt, textAt } from '../../domain/json.ts';
import type { GpuUse } from '../../domain/run-state.ts';
import { appendUsage, latestUsage, readUsage } from '../shared/usage.ts';
import type { RankSample } from '../shared/usage.ts';
import type { KubeApi } from './api.ts';
import { isWithheld } from './failure.ts';
import type { GpuReader } from './gpu/exporters.ts';
import { parseQuantity } from './quantity.ts';

/** How long a cluster without the metrics API, or without the right to it, is not asked again, milliseconds. */
const ABSENT_MS = 600_000;

/** The running pod of a rank. */
export interface UsagePod {
  /** The job's folder in the workspace. */
  readonly jobDir: string;
  readonly pod: string;
  readonly role: string;
  readonly rank: number;
  readonly node?: string;
}

export interface UsageSampler {
  /**
   * Asks once for all pods of the namespace, and once each exporter beside them, and adds what is new to the jobs'
   * series. Never rejects: a cluster without metrics has no series.
   */
  sample(pods: readonly UsagePod[]): Promise<void>;
  /** Drops what is remembered of a job that has ended. */
  forget(jobDir: string): void;
}

interface Series {
  /** Samples in the file. */
  kept: number;
  /** When the newest was measured. */
  at: string;
  readonly peaks: Map<string, number>;
}

interface Measured {
  readonly at: string;
  readonly cpu: number;
  readonly memory: number;
}

/** What is known of one moment of a pod. */
interface Moment {
  readonly measured: Measured | null;
  readonly gpu: GpuUse | null;
}

/** CPU and memory of ranks from `metrics.k8s.io`, GPUs from exporters; kept with each job as those of local jobs are. */
export function createUsageSampler(options: {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly gpu?: GpuReader;
  readonly now?: () => number;
}): UsageSampler {
  const { api, namespace, gpu, now = Date.now } = options;
  const series = new Map<string, Series>();
  let askAfter = 0;

  async function measure(): Promise<ReadonlyMap<string, Measured>> {
    if (now() < askAfter) return new Map();
    const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`;
    try {
      return podMetrics(await api.send('GET', path, { query: { labelSelector: KUBE_LABELS.job } }));
    } catch (error) {
      const absent = isWithheld(error);
      if (absent) askAfter = now() + ABSENT_MS;
      return new Map();
    }
  }

  function seriesOf(jobDir: string): Series {
    const known = series.get(jobDir);
    if (known !== undefined) return known;
    const samples = readUsage(jobDir);
    const latest = latestUsage('', samples);
    const peaks = new Map<string, number>();
    for (const { role, rank, peakMemoryBytes } of latest) {
      if (peakMemoryBytes !== null) peaks.set(`${role}-${rank}`, peakMemoryBytes);
    }
    const made = { kept: samples.length, at: samples.at(-1)?.at ?? '', peaks };
    series.set(jobDir, made);
    return made;
  }

  function add(jobDir: string, pods: readonly UsagePod[], of: (pod: string) => Moment, askedAt: string): void {
    const job = seriesOf(jobDir);
    const found = pods
      .map((pod) => ({ pod, ...of(pod.pod) }))
      .filter(({ measured, gpu: used }) => measured !== null || used !== null);
    // Exporters tell what is so now.
    const times = found.map(({ measured, gpu: used }) => (used === null ? (measured?.at ?? '') : askedAt));
    const at = times.reduce((newest, time) => (time > newest ? time : newest), '');
    if (at <= job.at) return;
    const ranks = found.map(({ pod: { role, rank }, measured, gpu: used }): RankSample => {
      const known = job.peaks.get(`${role}-${rank}`) ?? null;
      const memory = measured?.memory ?? null;
      const peak = memory === null ? known : Math.max(memory, known ?? 0);
      if (peak !== null) job.peaks.set(`${role}-${rank}`, peak);
      const cpu = measured?.cpu ?? null;
      return { role, rank, pid: null, cpu, memory, peak, ...(used === null ? {} : { gpu: used }) };
    });
    job.kept = appendUsage(jobDir, { at, ranks }, job.kept);
    job.at = at;
  }

  return {
    async sample(pods) {
      if (pods.length === 0) return;
      const nodes = new Set(pods.flatMap(({ node }) => node ?? []));
      const [measured, gpus] = await Promise.all([measure(), gpu?.(nodes)]);
      if (measured.size === 0 && (gpus?.size ?? 0) === 0) return;
      const of = (pod: string): Moment => ({ measured: measured.get(pod) ?? null, gpu: gpus?.get(pod) ?? null });
      const askedAt = new Date(now()).toISOString();
      for (const [jobDir, ranks] of Map.groupBy(pods, (pod) => pod.jobDir)) {
        try {
          add(jobDir, ranks, of, askedAt);
        } catch {
          // A full disk, or a run whose folder is gone: the job itself does not care.
        }
      }
    },
    forget: (jobDir) => void series.delete(jobDir),
  };
}

/** By pod; containers of a pod together. */
function podMetrics(answer: unknown): ReadonlyMap<string, Measured> {
  const found = new Map<string, Measured>();
  for (const item of listAt(answer, 'items')) {
    const name = textAt(item, 'metadata', 'name');
    const at = Date.parse(textAt(item, 'timestamp') ?? '');
    if (name === null || Number.isNaN(at)) continue;
    const sum = (resource: string): number =>
      listAt(item, 'containers').reduce<number>(
        (total, one) => total + (parseQuantity(textAt(one, 'usage', resource)) ?? 0),
        0,
      );
    const cpu = Math.round(sum('cpu') * 100) / 100;
    found.set(name, { at: new Date(at).toISOString(), cpu, memory: Math.round(sum('memory')) });
  }
  return found;
}
