import { RERUN_STAGES } from '../../domain/rerun.ts';
import type { ArgumentEntry, CommandEntry, OptionEntry } from './tree.ts';

const RUN: ArgumentEntry = { name: 'RUN', required: false, about: 'arg.run', offers: 'run' };

/** As `run start` has them. */
const FOLLOW: readonly OptionEntry[] = [
  { flags: '-w, --watch', about: 'opt.start.watch' },
  { flags: '--wait', about: 'opt.start.wait' },
  { flags: '-d, --detach', about: 'opt.start.detach' },
  { flags: '--timeout <seconds>', about: 'opt.start.timeout' },
];

/** Runs that come after other runs. */
export const AGAIN_COMMANDS: readonly CommandEntry[] = [
  {
    path: ['run', 'rerun'],
    about: 'cmd.run.rerun',
    args: [RUN],
    options: [
      { flags: '--from <stage>', about: 'opt.rerun.from', choices: RERUN_STAGES },
      { flags: '--set <path=value>', about: 'opt.rerun.set', repeat: true },
      ...FOLLOW,
    ],
    examples: [
      'trainyard run rerun --from push',
      'trainyard run rerun run-digits-a2b3c4 --from package --set package.args.opset=17',
      'trainyard run rerun run-digits-a2b3c4 --from register --set serve.port=8080 --wait',
    ],
    load: () => import('./commands/run-rerun.ts'),
  },
  {
    path: ['run', 'resubmit'],
    about: 'cmd.run.resubmit',
    args: [RUN],
    options: [{ flags: '--set <path=value>', about: 'opt.set', repeat: true }, ...FOLLOW],
    examples: [
      'trainyard run resubmit',
      'trainyard run resubmit run-digits-a2b3c4 --set recipe.args.epochs=5 --watch',
      'trainyard run resubmit run-digits-a2b3c4 -d -o name',
    ],
    load: () => import('./commands/run-resubmit.ts'),
  },
  {
    path: ['run', 'diff'],
    about: 'cmd.run.diff',
    args: [
      { name: 'A', required: true, about: 'arg.run.a', offers: 'run' },
      { name: 'B', required: true, about: 'arg.run.b', offers: 'run' },
    ],
    examples: [
      'trainyard run diff run-digits-a2b3c4 run-digits-d5e6f7',
      'trainyard run diff run-digits-a2b3c4 run-digits-d5e6f7 -o json',
      'trainyard run diff run-digits-a2b3c4 run-digits-d5e6f7 -o name',
    ],
    load: () => import('./commands/run-diff.ts'),
  },
  {
    path: ['run', 'delete'],
    about: 'cmd.run.delete',
    args: [{ name: 'RUN...', required: false, about: 'arg.runs', offers: 'run' }],
    options: [
      { flags: '--older-than <time>', about: 'opt.delete.older-than' },
      { flags: '--status <status>', about: 'opt.delete.status', choices: ['succeeded', 'failed', 'cancelled'] },
    ],
    examples: [
      'trainyard run delete run-digits-a2b3c4',
      'trainyard run delete --status failed --older-than 30d',
      'trainyard run delete run-digits-a2b3c4 run-digits-d5e6f7 --yes',
    ],
    load: () => import('./commands/run-delete.ts'),
  },
];
