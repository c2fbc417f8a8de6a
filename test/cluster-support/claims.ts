import { apply } from './objects.ts';
import type { KubeObject } from './objects.ts';
import { eventually } from './eventually.ts';
import type { Rest } from './rest.ts';

export interface ClaimOptions {
  readonly namespace: string;
  readonly name: string;
  /** The folder of this machine that the claim stands for; the local node mounts it, and so may the test itself. */
  readonly folder: string;
  /** `ReadWriteMany` when left out. */
  readonly accessMode?: 'ReadWriteMany' | 'ReadWriteOnce' | 'ReadOnlyMany';
}

/** Makes a volume and its claim, which the real controller binds to each other. */
export async function addClaim(rest: Rest, options: ClaimOptions): Promise<void> {
  const { namespace, name, folder, accessMode = 'ReadWriteMany' } = options;
  const volume = `${namespace}-${name}`;
  const common = { accessModes: [accessMode], storageClassName: '' };
  const objects: readonly KubeObject[] = [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: volume },
      spec: { ...common, capacity: { storage: '10Gi' }, hostPath: { path: folder }, claimRef: { namespace, name } },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, namespace },
      spec: { ...common, volumeName: volume, resources: { requests: { storage: '10Gi' } } },
    },
  ];
  await apply(rest, objects);
  await eventually(`the claim ${namespace}/${name} is bound`, 30, async () => {
    const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}`;
    return (await rest.want<{ status?: { phase?: string } }>('GET', path)).status?.phase === 'Bound';
  });
}
