import type { WatchedKind } from '../../domain/cluster-job.ts';

const volcanoGroups = { group: 'scheduling.volcano.sh', version: 'v1beta1', resource: 'podgroups' } as const;
const coscheduling = { group: 'scheduling.x-k8s.io', version: 'v1alpha1', resource: 'podgroups' } as const;
const kueue = { group: 'kueue.x-k8s.io', version: 'v1beta2', resource: 'workloads' } as const;

/** PodGroups of Volcano, which its own controller names after the job's uid. */
export const VOLCANO_POD_GROUPS: WatchedKind = { ...volcanoGroups, as: 'podGroup', link: 'owner', optional: true };

/** Kueue's record of a job; older installations serve `v1beta1`. */
const WORKLOADS: WatchedKind = { ...kueue, as: 'workload', link: 'owner', optional: true };

/** What tells why pods do not start, whoever makes them. */
export const PODS_AND_EVENTS: readonly WatchedKind[] = [
  { group: '', version: 'v1', resource: 'pods', as: 'pods', link: 'label', optional: false },
  { group: '', version: 'v1', resource: 'events', as: 'events', link: 'involved', optional: false },
];

/** Pods, events, and the kinds of those who may hold a job back. */
export const WATCHED_BY_ALL: readonly WatchedKind[] = [
  ...PODS_AND_EVENTS,
  { ...VOLCANO_POD_GROUPS, link: 'label' },
  { ...coscheduling, as: 'podGroup', link: 'label', optional: true },
  WORKLOADS,
];
