import type { GpuUse } from '../../../domain/run-state.ts';
import { listAt, textAt, at } from '../../../domain/json.ts';
import type { KubeApi } from '../api.ts';
import { isWithheld } from '../failure.ts';
import { collectionPath, objectPath } from '../paths.ts';
import { gpuUseOf } from './gpu-use.ts';

/** A Service in front of exporters, one a node. */
export interface GpuService {
  readonly namespace: string;
  readonly name: string;
  /** Of the exporters' pods; `null` = the first of the Service. */
  readonly port: number | null;
}

/** A pod that tells of the GPUs of its node. */
interface Exporter {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
  readonly node: string | null;
}

/** What pods use of GPUs, by pod. Never rejects: what cannot be had is left out, and noted once. */
export type GpuReader = (nodes: ReadonlySet<string>) => Promise<ReadonlyMap<string, GpuUse>>;

export interface GpuReaderOptions {
  readonly api: KubeApi;
  /** Of the ranks. */
  readonly namespace: string;
  readonly services: readonly GpuService[];
  readonly note: (text: string) => void;
  readonly now?: () => number;
}

const SLICES = { group: 'discovery.k8s.io', version: 'v1', resource: 'endpointslices' };
const PODS = { group: '', version: 'v1', resource: 'pods' };
/** How long exporters that were found count, milliseconds. */
const KNOWN_MS = 60_000;
/** How long a Service that is not there, or may not be asked, is left alone, milliseconds. */
const ABSENT_MS = 600_000;
const AT_ONCE = 8;
/** An exporter has this long, milliseconds, and this many bytes. */
const TIMEOUT_MS = 10_000;
const LARGEST = 16 * 1024 * 1024;

interface Known {
  readonly exporters: readonly Exporter[];
  readonly until: number;
}

/** Asks exporters through the API server: each one beside a rank, and none of the other nodes. */
export function createGpuReader({ api, namespace, services, note, now = Date.now }: GpuReaderOptions): GpuReader {
  const known = new Map<GpuService, Known>();
  const noted = new Set<string>();
  const noteOnce = (service: GpuService, why: string): void => {
    const text = `no GPU use from ${service.namespace}/${service.name}: ${why}`;
    if (!noted.has(text)) note(text);
    noted.add(text);
  };

  async function exportersOf(service: GpuService): Promise<readonly Exporter[]> {
    const before = known.get(service);
    if (before !== undefined && now() < before.until) return before.exporters;
    try {
      const exporters = await findExporters(api, service);
      if (exporters.length === 0) noteOnce(service, 'no exporter of this Service is ready');
      known.set(service, { exporters, until: now() + KNOWN_MS });
      return exporters;
    } catch (error) {
      noteOnce(service, whyNot(error, service));
      known.set(service, { exporters: [], until: now() + (isWithheld(error) ? ABSENT_MS : KNOWN_MS) });
      return [];
    }
  }

  async function textOf(service: GpuService, exporter: Exporter): Promise<string> {
    try {
      return await readExporter(api, exporter);
    } catch (error) {
      noteOnce(service, whyNot(error, service));
      // Its pod may be another by now; without the right to ask there is no sense in looking.
      known.set(service, { exporters: [], until: isWithheld(error) ? now() + ABSENT_MS : 0 });
      return '';
    }
  }

  return async (nodes) => {
    const texts: string[] = [];
    for (const service of services) {
      const found = await exportersOf(service);
      const near = found.filter(({ node }) => node === null || nodes.has(node));
      for (let at = 0; at < near.length; at += AT_ONCE) {
        texts.push(...(await Promise.all(near.slice(at, at + AT_ONCE).map((one) => textOf(service, one)))));
      }
    }
    return gpuUseOf(texts, namespace);
  };
}

function whyNot(error: unknown, { namespace }: GpuService): string {
  const why = error instanceof Error ? error.message : String(error);
  return isWithheld(error) ? `${why}; trainyard rbac --gpu-metrics ${namespace} prints the rights it takes` : why;
}

async function findExporters(api: KubeApi, { namespace, name, port }: GpuService): Promise<readonly Exporter[]> {
  const query = { labelSelector: `kubernetes.io/service-name=${name}` };
  const slices = listAt(await api.send('GET', collectionPath(SLICES, namespace), { query }), 'items');
  return slices.flatMap((slice) => {
    const first = at(listAt(slice, 'ports')[0], 'port');
    const open = port ?? (typeof first === 'number' ? first : null);
    if (open === null) return [];
    return listAt(slice, 'endpoints').flatMap((endpoint): Exporter[] => {
      const pod = textAt(endpoint, 'targetRef', 'name');
      const isPod = textAt(endpoint, 'targetRef', 'kind') === 'Pod' && at(endpoint, 'conditions', 'ready') !== false;
      return pod === null || !isPod ? [] : [{ namespace, pod, port: open, node: textAt(endpoint, 'nodeName') }];
    });
  });
}

async function readExporter(api: KubeApi, { namespace, pod, port }: Exporter): Promise<string> {
  const path = `${objectPath(PODS, namespace, `${pod}:${port}`)}/proxy/metrics`;
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of await api.stream(path, { signal: AbortSignal.timeout(TIMEOUT_MS) })) {
    size += part.length;
    if (size > LARGEST) throw new Error(`${pod} tells more than ${LARGEST} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
