import type { PodPlan } from '../../domain/pod-plan.ts';
import type { Volume, VolumeMount } from './pod-volumes.ts';

const LOCAL = 'local';
const PATHS = { source: '/run/trainyard/source', local: '/run/trainyard/local' } as const;

/** A folder that is brought to the node before the replica starts. */
export interface LocalCopy {
  readonly name: string;
  readonly command: readonly string[];
  readonly volumeMounts: readonly VolumeMount[];
}

export interface LocalCopies {
  readonly volumes: readonly Volume[];
  readonly mounts: readonly VolumeMount[];
  readonly copies: readonly LocalCopy[];
}

/**
 * Puts copies on the node's own disk in the place of what is mounted at these paths, for storage that is slow with
 * many files. The copies are made by `cp` of the job's own image, and gone with the pod.
 * @param paths by the folder that holds the copy
 */
export function localCopies(
  mounts: readonly VolumeMount[],
  paths: Readonly<Record<string, string | null>>,
  pod: PodPlan,
): LocalCopies {
  const found = Object.entries(paths).flatMap(([folder, path]) => {
    const mount = mounts.find((one) => one.mountPath === path);
    return mount === undefined ? [] : [{ folder, mount }];
  });
  if (pod.localCopies !== true || found.length === 0) return { volumes: [], mounts, copies: [] };
  const { scratch } = pod;
  const size = scratch.kind === 'node' && scratch.bytes !== null ? { sizeLimit: String(scratch.bytes) } : {};
  return {
    volumes: [{ name: LOCAL, emptyDir: size }],
    mounts: mounts.map((mount) => {
      const copied = found.find((one) => one.mount === mount);
      if (copied === undefined) return mount;
      return { name: LOCAL, mountPath: mount.mountPath, subPath: copied.folder, readOnly: true };
    }),
    copies: found.map(({ folder, mount }) => ({
      name: `copy-${folder}`,
      command: ['cp', '-R', '--', `${PATHS.source}/.`, `${PATHS.local}/${folder}`],
      volumeMounts: [
        { ...mount, mountPath: PATHS.source, readOnly: true },
        { name: LOCAL, mountPath: PATHS.local },
      ],
    })),
  };
}
