export type KubernetesPart = 'kubernetes' | 'kwok' | 'operators' | 'volcano' | 'versitygw';
export function kubernetesFolder(root: string, name: KubernetesPart): string;
export function findKubernetes(root: string, name: KubernetesPart): string | null;
export function namedControlPlane(env: Readonly<Record<string, string | undefined>>): string | null;
