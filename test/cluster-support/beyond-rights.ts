import { CLUSTER_BACKENDS as KINDS } from '../../domain/pod-plan.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import { collectionPath } from '../../adapters/kubernetes/paths.ts';
import type { Method } from './rest.ts';
import { CLUSTER_BACKENDS } from '../../worker/site-ports.ts';

type Asked = readonly [Method, string];

/** What a worker of the backend must not do: to its own jobs, to others', to pods, and outside its namespace. */
export function beyond(backend: ClusterBackendKind, namespace: string): readonly Asked[] {
  return [
    ...ofOwnJobs(backend, namespace),
    ...ofOthers(backend, namespace),
    ...ofPods(namespace),
    ...ofCluster(namespace),
  ];
}

function ofOwnJobs(backend: ClusterBackendKind, namespace: string): readonly Asked[] {
  const [own] = CLUSTER_BACKENDS[backend].watched;
  if (own === undefined) return [];
  const here = collectionPath(own, namespace);
  return [
    // The switch that suspends is the job's own, or Volcano's Command.
    ...(backend === 'volcano' || backend === 'paddlejob' ? [['PATCH', `${here}/any`] as const] : []),
    ['PUT', `${here}/any`],
    ['PATCH', `${here}/any/status`],
    ['DELETE', here],
    ['GET', here.replace(`/namespaces/${namespace}`, '')],
    ['GET', collectionPath(own, 'default')],
    ['POST', collectionPath(own, 'default')],
    ['DELETE', `${collectionPath(own, 'kube-system')}/any`],
  ];
}

function ofOthers(backend: ClusterBackendKind, namespace: string): readonly Asked[] {
  const others = KINDS.filter((kind) => kind !== backend).flatMap((kind) => CLUSTER_BACKENDS[kind].watched[0] ?? []);
  const volcano = `/apis/scheduling.volcano.sh/v1beta1`;
  return [
    ...others.flatMap((kind): Asked[] => [
      ['POST', collectionPath(kind, namespace)],
      ['GET', `${collectionPath(kind, namespace)}/any`],
    ]),
    ['GET', `/apis/bus.volcano.sh/v1alpha1/namespaces/${namespace}/commands`],
    ...(backend === 'volcano'
      ? []
      : [['POST', `/apis/bus.volcano.sh/v1alpha1/namespaces/${namespace}/commands`] as const]),
    ['POST', `/apis/jobset.x-k8s.io/v1alpha2/namespaces/${namespace}/jobsets`],
    ['PATCH', `${volcano}/queues/default`],
    ['GET', `${volcano}/queues`],
    ['POST', '/apis/trainer.kubeflow.org/v1alpha1/clustertrainingruntimes'],
    ...(backend === 'kubernetes-job' ? [] : ofParts(namespace)),
  ];
}

/** What only plain Jobs are made of. */
function ofParts(namespace: string): readonly Asked[] {
  const podGroups = `/apis/scheduling.volcano.sh/v1beta1/namespaces/${namespace}/podgroups`;
  return [
    ['POST', podGroups],
    ['DELETE', `${podGroups}/any`],
    ['POST', `/api/v1/namespaces/${namespace}/services`],
    ['PATCH', `/api/v1/namespaces/${namespace}/services/any`],
  ];
}

function ofPods(namespace: string): readonly Asked[] {
  const own = `/api/v1/namespaces/${namespace}`;
  return [
    ['POST', `${own}/pods`],
    ['PATCH', `${own}/pods/any`],
    ['DELETE', `${own}/pods`],
    ['GET', `${own}/pods/any/exec?command=id`],
    ['POST', `${own}/pods/any/exec?command=id`],
    ['GET', `${own}/pods/any/portforward`],
    ['POST', `${own}/pods/any/eviction`],
    ['PATCH', `${own}/pods/any/ephemeralcontainers`],
    ['GET', `${own}/secrets`],
    ['GET', `${own}/secrets/any`],
    ['GET', `${own}/configmaps`],
    ['POST', `${own}/serviceaccounts/default/token`],
    ['PATCH', `${own}/persistentvolumeclaims/workspace`],
    ['POST', `${own}/events`],
    ['PATCH', own],
  ];
}

function ofCluster(namespace: string): readonly Asked[] {
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  return [
    ['GET', '/api/v1/nodes'],
    ['GET', '/api/v1/pods'],
    ['GET', '/api/v1/namespaces'],
    ['GET', '/api/v1/persistentvolumes'],
    ['GET', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'],
    ['GET', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/jobs.batch.volcano.sh'],
    ['POST', `${rbac}/namespaces/${namespace}/rolebindings`],
    ['PATCH', `${rbac}/namespaces/${namespace}/roles/trainyard`],
    ['PATCH', `${rbac}/clusterroles/trainyard-read`],
    ['GET', '/metrics'],
  ];
}
