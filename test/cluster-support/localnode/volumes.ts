import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PodApi } from './pod-api.ts';
import { quantity } from './pod.ts';
import type { Pod, ProjectedSource, Volume } from './pod.ts';

type Files = Readonly<Record<string, Buffer | string>>;

/** Makes the pod's volumes. Returns the folder of this machine that each stands for, by the volume's name. */
export async function makeVolumes(pod: Pod, api: PodApi, folder: string): Promise<ReadonlyMap<string, string>> {
  const made = new Map<string, string>();
  for (const volume of pod.spec.volumes ?? []) {
    made.set(volume.name, await makeVolume(volume, api, join(folder, volume.name), pod));
  }
  return made;
}

async function makeVolume(volume: Volume, api: PodApi, own: string, pod: Pod): Promise<string> {
  if (volume.persistentVolumeClaim !== undefined) {
    const folder = await api.claimFolder(volume.persistentVolumeClaim.claimName);
    mkdirSync(folder, { recursive: true });
    return folder;
  }
  if (volume.hostPath !== undefined) return hostFolder(volume.hostPath);
  mkdirSync(own, { recursive: true });
  if (volume.emptyDir?.medium === 'Memory') mountMemory(own, quantity(volume.emptyDir.sizeLimit));
  placeFiles(own, await filesOf(volume, api), volume, pod);
  // Like a kubelet's: open to every user, and to the pod's group when it names one.
  chmodSync(own, 0o777);
  const group = pod.spec.securityContext?.fsGroup;
  if (group !== undefined) {
    chownSync(own, 0, group);
    chmodSync(own, 0o2777);
  }
  return own;
}

/** As a kubelet does: links to files of root, so that all are replaced at once, and open to the pod's group. */
function placeFiles(own: string, files: Files, volume: Volume, pod: Pod): void {
  const group = pod.spec.securityContext?.fsGroup;
  const { defaultMode: asked = 0o644 } = volume.secret ?? volume.configMap ?? volume.projected ?? {};
  for (const [name, content] of Object.entries(files)) {
    const file = join(own, '..data', name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    if (group !== undefined) chownSync(file, 0, group);
    chmodSync(file, group === undefined ? asked : asked | 0o040);
  }
  for (const top of new Set(Object.keys(files).map((name) => name.split('/')[0] ?? ''))) {
    symlinkSync(join('..data', top), join(own, top));
  }
}

function hostFolder({ path, type = '' }: NonNullable<Volume['hostPath']>): string {
  if (type === 'DirectoryOrCreate') mkdirSync(path, { recursive: true });
  const holds =
    type === '' ||
    (existsSync(path) && (type.startsWith('Directory') ? statSync(path).isDirectory() : statSync(path).isFile()));
  if (!holds) throw new Error(`hostPath type check failed: ${path} is not a ${type.toLowerCase()}`);
  return path;
}

/** The node has mounts of its own, so this one vanishes with it. */
function mountMemory(folder: string, bytes: number | null): void {
  const size = bytes === null ? [] : ['-o', `size=${bytes}`];
  execFileSync('mount', ['-t', 'tmpfs', ...size, 'tmpfs', folder]);
}

async function filesOf(volume: Volume, api: PodApi): Promise<Files> {
  const { configMap, secret, projected, downwardAPI } = volume;
  if (configMap !== undefined)
    return picked(await api.files('configmaps', configMap.name, configMap.optional), configMap);
  if (secret !== undefined) return picked(await api.files('secrets', secret.secretName, secret.optional), secret);
  if (downwardAPI !== undefined) return sourceFiles({ downwardAPI }, api);
  const parts: Files[] = [];
  for (const source of projected?.sources ?? []) parts.push(await sourceFiles(source, api));
  return Object.assign({}, ...parts) as Files;
}

async function sourceFiles(source: ProjectedSource, api: PodApi): Promise<Files> {
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  if (configMap !== undefined)
    return picked(await api.files('configmaps', configMap.name, configMap.optional), configMap);
  if (secret !== undefined) return picked(await api.files('secrets', secret.name, secret.optional), secret);
  if (serviceAccountToken !== undefined) {
    return { [serviceAccountToken.path]: await api.token(serviceAccountToken.audience) };
  }
  const items = downwardAPI?.items ?? [];
  return Object.fromEntries(items.map(({ path, fieldRef }) => [path, api.field(fieldRef?.fieldPath ?? '')]));
}

function picked(
  all: Files | null,
  { items }: { readonly items?: readonly { readonly key: string; readonly path: string }[] },
): Files {
  if (all === null) return {};
  if (items === undefined) return all;
  return Object.fromEntries(items.map(({ key, path }) => [path, all[key] ?? '']));
}
