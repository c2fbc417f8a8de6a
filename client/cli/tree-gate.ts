import type { ArgumentEntry, CommandEntry, OptionEntry } from './tree.ts';

const RUN: ArgumentEntry = { name: 'RUN', required: true, about: 'arg.gate.run', offers: 'run' };
const STAGE: ArgumentEntry = { name: 'STAGE', required: false, about: 'arg.gate.stage', offers: 'gate' };
const DECISION: readonly OptionEntry[] = [
  { flags: '-m, --comment <text>', about: 'opt.gate.comment' },
  { flags: '--digest <sha256>', about: 'opt.gate.digest' },
  { flags: '--signal', about: 'opt.gate.signal' },
];

export const GATE_COMMANDS: readonly CommandEntry[] = [
  {
    path: ['gate', 'list'],
    about: 'cmd.gate.list',
    args: [{ ...RUN, required: false }],
    examples: ['trainyard gate list', 'trainyard gate list run-digits-a2b3c4', 'trainyard gate list -o json'],
    load: () => import('./commands/gate-list.ts'),
  },
  {
    path: ['gate', 'show'],
    about: 'cmd.gate.show',
    args: [{ ...RUN, required: false }, STAGE],
    examples: [
      'trainyard gate show',
      'trainyard gate show run-digits-a2b3c4 push',
      'trainyard gate show run-digits-a2b3c4 -o json',
    ],
    load: () => import('./commands/gate-show.ts'),
  },
  {
    path: ['gate', 'approve'],
    about: 'cmd.gate.approve',
    args: [RUN, STAGE],
    options: DECISION,
    examples: [
      "trainyard gate approve run-digits-a2b3c4 -m 'as good as the last one'",
      'trainyard gate approve run-digits-a2b3c4 push --yes --digest 1f3a…',
      'trainyard gate approve run-digits-a2b3c4 push --yes --digest 1f3a… --signal',
    ],
    load: () => import('./commands/gate-approve.ts'),
  },
  {
    path: ['gate', 'reject'],
    about: 'cmd.gate.reject',
    args: [RUN, STAGE],
    options: DECISION,
    examples: [
      "trainyard gate reject run-digits-a2b3c4 -m 'worse on small digits'",
      "trainyard gate reject run-digits-a2b3c4 register --yes -m 'not today'",
      'trainyard gate reject run-digits-a2b3c4 push --yes --digest 1f3a… --signal',
    ],
    load: () => import('./commands/gate-reject.ts'),
  },
];

export const IDENTITY_COMMANDS: readonly CommandEntry[] = [
  {
    path: ['identity', 'create'],
    about: 'cmd.identity.create',
    bare: true,
    args: [{ name: 'NAME', required: false, about: 'arg.actor' }],
    examples: [
      'trainyard identity create',
      'trainyard identity create alice',
      'trainyard identity create alice -o json',
    ],
    load: () => import('./commands/identity-create.ts'),
  },
  {
    path: ['identity', 'show'],
    about: 'cmd.identity.show',
    bare: true,
    examples: ['trainyard identity show', 'trainyard identity show -o json', 'trainyard identity show -o name'],
    load: () => import('./commands/identity-show.ts'),
  },
  {
    path: ['identity', 'list'],
    about: 'cmd.identity.list',
    examples: ['trainyard identity list', 'trainyard identity list --context team', 'trainyard identity list -o json'],
    load: () => import('./commands/identity-list.ts'),
  },
];
