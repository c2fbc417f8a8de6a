import type { CommandEntry } from './tree.ts';

export const NOTIFY_COMMANDS: readonly CommandEntry[] = [
  {
    path: ['notify', 'list'],
    about: 'cmd.notify.list',
    examples: ['trainyard notify list', 'trainyard notify list -o json', 'trainyard notify list --context team'],
    load: () => import('./commands/notify-list.ts'),
  },
  {
    path: ['notify', 'test'],
    about: 'cmd.notify.test',
    args: [{ name: 'NAME', required: true, about: 'arg.channel' }],
    examples: [
      'trainyard notify test team',
      'trainyard notify test team -o json',
      'trainyard notify test mail --lang zh',
    ],
    load: () => import('./commands/notify-test.ts'),
  },
  {
    path: ['notify', 'deliveries'],
    about: 'cmd.notify.deliveries',
    args: [{ name: 'RUN', required: false, about: 'arg.run', offers: 'run' }],
    examples: [
      'trainyard notify deliveries',
      'trainyard notify deliveries run-digits-k3x7qd',
      'trainyard notify deliveries run-digits-k3x7qd -o json',
    ],
    load: () => import('./commands/notify-deliveries.ts'),
  },
];
