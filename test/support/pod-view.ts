import type { KubeObject } from '../../domain/cluster-job.ts';

interface Env {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: unknown;
}

interface Mount {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string;
  readonly readOnly?: boolean;
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly imagePullPolicy?: string;
  readonly command: readonly string[];
  readonly workingDir: string;
  readonly env: readonly Env[];
  readonly resources: { readonly requests?: object; readonly limits?: object };
  readonly volumeMounts: readonly Mount[];
  readonly securityContext: object;
}

export interface PodSpecView {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes: readonly { readonly name: string; readonly [source: string]: unknown }[];
  readonly [field: string]: unknown;
}

/** Every pod spec that an object holds, wherever its kind keeps it, in the order of the object. */
export function podSpecs(value: unknown): readonly PodSpecView[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('containers' in value && 'volumes' in value) return [value as PodSpecView];
  return Object.values(value).flatMap(podSpecs);
}

/** What a test asks of the pods of one role. */
export interface PodView {
  readonly spec: PodSpecView;
  readonly container: Container;
  /** Variables that are text. */
  readonly env: Readonly<Record<string, string>>;
  /** What is mounted at a path: its volume's source, with the folder of it. */
  mountedAt(path: string): unknown;
}

/** The pods of the `index`th role of a job. */
export function podView(objects: readonly KubeObject[], index = 0): PodView {
  const spec = objects.flatMap(podSpecs)[index];
  const container = spec?.containers[0];
  if (spec === undefined || container === undefined) throw new Error(`no pod ${index}`);
  const texts = container.env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const]));
  return {
    spec,
    container,
    env: Object.fromEntries(texts),
    mountedAt(path) {
      const mount = container.volumeMounts.find((one) => one.mountPath === path);
      if (mount === undefined) return undefined;
      const { name: _name, ...source } = spec.volumes.find((one) => one.name === mount.name) ?? { name: '' };
      return mount.subPath === undefined ? source : { ...source, subPath: mount.subPath };
    },
  };
}
