import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MERGE_PATCH } from '../rest.ts';
import type { Rest } from '../rest.ts';

export interface SampleSet {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly partitions?: number };
  readonly status?: { readonly phase?: string };
}

/** Annotations by which a test says how a sample set goes. */
export const SAMPLES = {
  /** The folder of this machine that stands for its cache; an empty one when left out. */
  folder: 'play.trainyard.test/samples',
  /** Milliseconds between two phases; 300 when left out. */
  pause: 'play.trainyard.test/sync-pause',
  /** `true`: the synchronisation fails. */
  fails: 'play.trainyard.test/sync-fails',
} as const;

const STEPS = ['Bound', 'Mount', 'Syncing', 'Ready'];

/** Takes a sample set to its next phase; the change of status brings the next look. */
export async function reconcileSampleSet(rest: Rest, set: SampleSet, work: string): Promise<void> {
  const { name, namespace, annotations = {} } = set.metadata;
  const phase = set.status?.phase ?? '';
  if (set.metadata.deletionTimestamp !== undefined || phase === 'Ready' || phase === 'SyncFailed') return;
  const folder = annotations[SAMPLES.folder] ?? join(work, `${namespace}-${name}`);
  if (phase === '') await bind(rest, set, folder);
  else await delay(Number(annotations[SAMPLES.pause] ?? 300));
  const fails = phase === 'Syncing' && annotations[SAMPLES.fails] === 'true';
  const next = fails ? 'SyncFailed' : (STEPS[STEPS.indexOf(phase) + 1] ?? 'Ready');
  const partitions = set.spec.partitions ?? 1;
  const ready = next === 'Syncing' || next === 'Ready' || next === 'SyncFailed' ? partitions : 0;
  const total = sizeOf(folder);
  const status = {
    phase: next,
    runtimeStatus: { specReplicas: partitions, readyReplicas: ready, runtimeReady: `${ready}/${partitions}` },
    ...(next === 'Syncing' || next === 'Ready' || next === 'SyncFailed'
      ? {
          cacheStatus: {
            totalSize: inWords(total),
            totalFiles: String(filesIn(folder).length),
            cachedSize: inWords(next === 'Ready' ? total : 0),
            ...(fails ? { errorMassage: 'the synchronisation was told to fail' } : {}),
          },
        }
      : {}),
  };
  const path = `/apis/batch.paddlepaddle.org/v1alpha1/namespaces/${namespace}/samplesets/${name}/status`;
  await rest.send('PATCH', path, { status }, MERGE_PATCH);
}

/** The claim of the sample set's name, which the pods of a job mount. */
async function bind(rest: Rest, set: SampleSet, folder: string): Promise<void> {
  const { name, namespace, uid } = set.metadata;
  mkdirSync(folder, { recursive: true });
  const owner = { apiVersion: 'batch.paddlepaddle.org/v1alpha1', kind: 'SampleSet', name, uid };
  const common = { accessModes: ['ReadWriteMany'], storageClassName: '' };
  const volume = volumeName(set);
  await rest.send('POST', '/api/v1/persistentvolumes', {
    metadata: { name: volume },
    spec: { ...common, capacity: { storage: '10Gi' }, hostPath: { path: folder }, claimRef: { namespace, name } },
  });
  await rest.send('POST', `/api/v1/namespaces/${namespace}/persistentvolumeclaims`, {
    metadata: { name, namespace, ownerReferences: [owner] },
    spec: { ...common, volumeName: volume, resources: { requests: { storage: '10Gi' } } },
  });
}

export async function forgetSampleSet(rest: Rest, set: SampleSet): Promise<void> {
  await rest.send('DELETE', `/api/v1/persistentvolumes/${volumeName(set)}`);
}

function volumeName({ metadata }: SampleSet): string {
  return `samples-${metadata.uid}`;
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function sizeOf(folder: string): number {
  return filesIn(folder).reduce((sum, file) => sum + statSync(file).size, 0);
}

function inWords(bytes: number): string {
  if (bytes >= 2 ** 20) return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return `${(bytes / 2 ** 10).toFixed(1)} KiB`;
}
