import type { ClusterBackendKind } from '../../../domain/pod-plan.ts';

/** What is installed on a cluster, at the version Trainyard is tested with. The guide shows the same lines. */
export const INSTALLS = {
  volcano:
    'helm repo add volcano-sh https://volcano-sh.github.io/helm-charts && ' +
    'helm install volcano volcano-sh/volcano --version 1.14.1 -n volcano-system --create-namespace',
  trainer:
    'kubectl apply --server-side -k "https://github.com/kubeflow/trainer.git/manifests/overlays/manager?ref=v2.3.0"',
  jobset:
    'kubectl apply --server-side -f https://github.com/kubernetes-sigs/jobset/releases/download/v0.12.0/manifests.yaml',
  kueue:
    'kubectl apply --server-side -f https://github.com/kubernetes-sigs/kueue/releases/download/v0.19.2/manifests.yaml',
  paddlecloud:
    'helm repo add paddlecloud https://paddleflow-public.hkg.bcebos.com/charts && ' +
    'helm install pdc paddlecloud/paddlecloud --version 0.1.0 --set serving.enabled=false -n paddlecloud --create-namespace',
  hami:
    'helm repo add hami-charts https://project-hami.github.io/HAMi/ && ' +
    'helm install hami hami-charts/hami --version 2.10.0 -n kube-system',
  volcanoVgpu:
    'kubectl apply -f https://raw.githubusercontent.com/Project-HAMi/volcano-vgpu-device-plugin/v1.11.0/volcano-vgpu-device-plugin.yml',
} as const;

/** What brings a backend; plain Jobs are always there. */
export const INSTALL_OF: Readonly<Record<ClusterBackendKind, string | null>> = {
  'kubernetes-job': null,
  volcano: INSTALLS.volcano,
  trainjob: INSTALLS.trainer,
  paddlejob: INSTALLS.paddlecloud,
};
