import type { GpuUse } from '../../../domain/run-state.ts';
import { readMetrics } from './exposition.ts';
import type { MetricSample } from './exposition.ts';

interface Metric {
  readonly name: string;
  /** Its unit in that of `GpuUse`. */
  readonly unit: number;
}

/** An exporter's names. */
interface Dialect {
  /** The first that is there counts. */
  readonly utilization: readonly Metric[];
  readonly memory: readonly Metric[];
  readonly namespace: readonly string[];
  readonly pod: readonly string[];
  /** Together they tell the devices of a pod apart. */
  readonly device: readonly string[];
}

const PERCENT = 0.01;
const MIB = 2 ** 20;

/**
 * HAMi's monitor measures what each pod has of a device; the DCGM exporter measures whole devices, and names the pod
 * that has one. Where both speak of a pod the first counts.
 */
const DIALECTS: readonly Dialect[] = [
  {
    utilization: [{ name: 'hami_container_device_utilization_ratio', unit: PERCENT }],
    memory: [{ name: 'hami_vgpu_memory_used_bytes', unit: 1 }],
    namespace: ['namespace'],
    pod: ['pod'],
    device: ['container', 'vdevice_index', 'device_uuid'],
  },
  {
    utilization: [{ name: 'Device_utilization_desc_of_container', unit: PERCENT }],
    memory: [{ name: 'vGPU_device_memory_usage_in_bytes', unit: 1 }],
    namespace: ['podnamespace'],
    pod: ['podname'],
    device: ['ctrname', 'vdeviceid', 'deviceuuid'],
  },
  {
    utilization: [
      { name: 'DCGM_FI_DEV_GPU_UTIL', unit: PERCENT },
      // Parts of a device that is divided up have no other.
      { name: 'DCGM_FI_PROF_GR_ENGINE_ACTIVE', unit: 1 },
    ],
    memory: [{ name: 'DCGM_FI_DEV_FB_USED', unit: MIB }],
    namespace: ['namespace', 'pod_namespace'],
    pod: ['pod', 'pod_name'],
    device: ['UUID', 'GPU_I_ID'],
  },
];

const NAMES: ReadonlySet<string> = new Set(
  DIALECTS.flatMap(({ utilization, memory }) => [...utilization, ...memory].map(({ name }) => name)),
);

interface Device {
  utilization: number | null;
  memory: number | null;
}

/** What the pods of a namespace use of GPUs, by pod, as exporters say it. */
export function gpuUseOf(texts: readonly string[], namespace: string): ReadonlyMap<string, GpuUse> {
  const samples = texts.flatMap((text) => readMetrics(text, NAMES));
  const found = new Map<string, GpuUse>();
  for (const dialect of DIALECTS.toReversed()) {
    for (const [pod, devices] of devicesOf(dialect, samples, namespace))
      found.set(pod, together([...devices.values()]));
  }
  return found;
}

function devicesOf(
  dialect: Dialect,
  samples: readonly MetricSample[],
  namespace: string,
): ReadonlyMap<string, ReadonlyMap<string, Device>> {
  const pods = new Map<string, Map<string, Device>>();
  for (const kind of ['utilization', 'memory'] as const) {
    // The last one said is the first of the list.
    for (const { name, unit } of dialect[kind].toReversed()) {
      for (const { labels, value } of samples.filter((sample) => sample.name === name)) {
        const pod = labelOf(labels, dialect.pod);
        if (pod === '' || labelOf(labels, dialect.namespace) !== namespace || value < 0) continue;
        const devices = pods.get(pod) ?? new Map<string, Device>();
        pods.set(pod, devices);
        const key = dialect.device.map((label) => labels[label] ?? '').join('/');
        const device = devices.get(key) ?? { utilization: null, memory: null };
        devices.set(key, { ...device, [kind]: value * unit });
      }
    }
  }
  return pods;
}

function labelOf(labels: MetricSample['labels'], names: readonly string[]): string {
  return names.map((name) => labels[name] ?? '').find((value) => value !== '') ?? '';
}

function together(devices: readonly Device[]): GpuUse {
  const shares = devices.flatMap(({ utilization }) => utilization ?? []);
  const bytes = devices.flatMap(({ memory }) => memory ?? []);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const mean = Math.min(1, sum(shares) / shares.length);
  return {
    devices: devices.length,
    utilization: shares.length === 0 ? null : Math.round(mean * 1000) / 1000,
    memoryBytes: bytes.length === 0 ? null : Math.round(sum(bytes)),
  };
}
