import type { KubeObject } from '../../domain/cluster-job.ts';

/** How far a SampleSet is. `message` names the sizes as PaddleCloud prints them. */
export type SampleSetState =
  | { readonly kind: 'waiting'; readonly message: string }
  | { readonly kind: 'ready'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

interface SampleSetStatus {
  readonly phase?: string;
  readonly cacheStatus?: { readonly totalSize?: string; readonly cachedSize?: string; readonly errorMassage?: string };
  readonly runtimeStatus?: { readonly runtimeReady?: string };
}

const FAILED = ['SyncFailed'];

/** @param sampleSet `null` = there is none of that name */
export function sampleSetState(name: string, sampleSet: KubeObject | null): SampleSetState {
  if (sampleSet === null) return { kind: 'failed', message: `there is no sample set ${name}` };
  const { phase = '', cacheStatus = {}, runtimeStatus = {} } = (sampleSet.status ?? {}) as SampleSetStatus;
  const { totalSize = '', cachedSize = '', errorMassage = '' } = cacheStatus;
  const sizes = totalSize === '' ? [] : [`${cachedSize === '' ? '0 B' : cachedSize} of ${totalSize} cached`];
  const nodes = runtimeStatus.runtimeReady === undefined ? [] : [`${runtimeStatus.runtimeReady} nodes of it ready`];
  const details = [...sizes, ...nodes, ...(errorMassage === '' ? [] : [errorMassage])];
  const message = [`sample set ${name} is ${phase === '' ? 'not bound yet' : phase}`, ...details].join(', ');
  if (FAILED.includes(phase)) return { kind: 'failed', message };
  return { kind: phase === 'Ready' ? 'ready' : 'waiting', message };
}
