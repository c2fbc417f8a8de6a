import type { AccessRule } from './rules.ts';

/** Somebody who watches runs with a kubeconfig of their own, as the cluster knows them. */
export interface Person {
  readonly kind: 'User' | 'Group';
  readonly name: string;
}

/** What the command line of a person asks of the cluster. Runs are started and ended through Temporal, not here. */
export const PEOPLE_RULES: readonly AccessRule[] = [
  { group: '', resources: ['pods'], verbs: ['list'], why: 'which pod is the worker of the site, and which are ranks' },
  {
    group: '',
    resources: ['pods/portforward'],
    // It is opened with a GET, and newer servers ask for both.
    verbs: ['create', 'get'],
    why: 'logs, metrics and files of runs, from the worker; it reaches every port of every pod of the namespace',
    without: 'files of runs are read only where the workspace is mounted, or through files.url of the site',
  },
  {
    group: '',
    resources: ['pods/exec'],
    verbs: ['create', 'get'],
    why: 'commands inside a rank, and inside every other pod of the namespace',
    without: 'trainyard run exec is refused',
    extra: 'exec',
  },
];
