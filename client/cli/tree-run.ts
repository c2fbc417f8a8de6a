import { AGAIN_COMMANDS } from './tree-again.ts';
import type { ArgumentEntry, CommandEntry, OptionEntry } from './tree.ts';

const RUN: ArgumentEntry = { name: 'RUN', required: false, about: 'arg.run', offers: 'run' };
const COMMENT: OptionEntry = { flags: '-m, --comment <text>', about: 'opt.repair.comment' };
const BY: OptionEntry = { flags: '--by <name>', about: 'opt.suspend.by' };
const TIMEOUT: OptionEntry = { flags: '--timeout <seconds>', about: 'opt.timeout' };

const START: CommandEntry = {
  path: ['run', 'start'],
  about: 'cmd.run.start',
  options: [
    { flags: '-f, --file <path>', about: 'opt.file' },
    { flags: '--set <path=value>', about: 'opt.set', repeat: true },
    { flags: '--name <name>', about: 'opt.name' },
    { flags: '--code <dir>', about: 'opt.code' },
    { flags: '-w, --watch', about: 'opt.start.watch' },
    { flags: '--wait', about: 'opt.start.wait' },
    { flags: '-d, --detach', about: 'opt.start.detach' },
    { flags: '--timeout <seconds>', about: 'opt.start.timeout' },
    { flags: '--dry-run [where]', about: 'opt.start.dry-run', choices: ['client', 'server'] },
    { flags: '--print-manifest', about: 'opt.start.print-manifest' },
  ],
  examples: [
    'trainyard run start -f digits.yaml --set recipe.args.epochs=3 --watch',
    'trainyard run start --code . --dry-run',
    'trainyard run start -f digits.yaml --set backend.kind=volcano --dry-run=server',
  ],
  load: () => import('./commands/run-start.ts'),
};

const LOOK: readonly CommandEntry[] = [
  {
    path: ['run', 'list'],
    about: 'cmd.run.list',
    options: [
      { flags: '-n, --limit <number>', about: 'opt.list.limit', fallback: '20' },
      {
        flags: '--status <status>',
        about: 'opt.list.status',
        choices: ['running', 'succeeded', 'failed', 'cancelled'],
      },
      { flags: '--query <filter>', about: 'opt.list.query' },
    ],
    examples: [
      'trainyard run list',
      'trainyard run list --status failed -n 5',
      `trainyard run list --query 'TrainyardName = "digits"' -o name`,
    ],
    load: () => import('./commands/run-list.ts'),
  },
  {
    path: ['run', 'get'],
    about: 'cmd.run.get',
    args: [RUN],
    examples: ['trainyard run get', 'trainyard run get run-digits-a2b3c4', 'trainyard run get -o json'],
    load: () => import('./commands/run-get.ts'),
  },
  {
    path: ['run', 'watch'],
    about: 'cmd.run.watch',
    args: [RUN],
    options: [TIMEOUT],
    examples: [
      'trainyard run watch',
      'trainyard run watch run-digits-a2b3c4',
      'trainyard run watch --timeout 60 -o json',
    ],
    load: () => import('./commands/run-watch.ts'),
  },
  {
    path: ['run', 'logs'],
    about: 'cmd.run.logs',
    args: [RUN],
    options: [
      { flags: '-f, --follow', about: 'opt.logs.follow' },
      { flags: '--stage <stage>', about: 'opt.logs.stage', choices: ['train', 'package', 'register'] },
      { flags: '--role <role>', about: 'opt.logs.role' },
      { flags: '--rank <number>', about: 'opt.logs.rank' },
      { flags: '--tail <number>', about: 'opt.logs.tail' },
      { flags: '--since <time>', about: 'opt.logs.since' },
      { flags: '--timestamps', about: 'opt.logs.timestamps' },
      { flags: '--no-prefix', about: 'opt.logs.no-prefix' },
      { flags: '--archive <file>', about: 'opt.logs.archive' },
      { flags: '--output-dir <dir>', about: 'opt.logs.output-dir' },
    ],
    examples: [
      'trainyard run logs -f',
      'trainyard run logs run-digits-a2b3c4 --stage train --rank 1 --tail 50',
      'trainyard run logs run-digits-a2b3c4 --archive digits-logs.tar.gz',
    ],
    load: () => import('./commands/run-logs.ts'),
  },
  {
    path: ['run', 'top'],
    about: 'cmd.run.top',
    args: [RUN],
    options: [{ flags: '-f, --follow', about: 'opt.top.follow' }],
    examples: ['trainyard run top', 'trainyard run top -f', 'trainyard run top run-digits-a2b3c4 -o json'],
    load: () => import('./commands/run-top.ts'),
  },
  {
    path: ['run', 'exec'],
    about: 'cmd.run.exec',
    args: [
      { ...RUN, required: true },
      { name: 'COMMAND...', required: true, about: 'arg.command' },
    ],
    options: [
      { flags: '--rank <number>', about: 'opt.exec.rank', fallback: '0' },
      { flags: '--role <role>', about: 'opt.exec.role' },
      { flags: '-i, --stdin', about: 'opt.exec.stdin' },
    ],
    examples: [
      'trainyard run exec run-digits-a2b3c4 -- nvidia-smi',
      'trainyard run exec run-digits-a2b3c4 --rank 1 -- sh',
      'trainyard run exec run-digits-a2b3c4 --role ps --rank 0 -i -- sh -c "cat > /scratch/note" < note.txt',
    ],
    load: () => import('./commands/run-exec.ts'),
  },
  {
    path: ['run', 'open'],
    about: 'cmd.run.open',
    args: [RUN],
    options: [{ flags: '--print', about: 'opt.open.print' }],
    examples: ['trainyard run open', 'trainyard run open --print', 'trainyard run open run-digits-a2b3c4'],
    load: () => import('./commands/run-open.ts'),
  },
];

const ACT: readonly CommandEntry[] = [
  {
    path: ['run', 'cancel'],
    about: 'cmd.run.cancel',
    args: [RUN],
    options: [
      { flags: '--reason <text>', about: 'opt.cancel.reason' },
      { flags: '-d, --detach', about: 'opt.cancel.detach' },
      { flags: '--force', about: 'opt.cancel.force' },
      TIMEOUT,
    ],
    examples: [
      'trainyard run cancel',
      "trainyard run cancel run-digits-a2b3c4 --yes --reason 'wrong dataset'",
      'trainyard run cancel --yes --detach',
    ],
    load: () => import('./commands/run-cancel.ts'),
  },
  {
    path: ['run', 'suspend'],
    about: 'cmd.run.suspend',
    args: [RUN],
    options: [BY],
    examples: [
      'trainyard run suspend',
      'trainyard run suspend run-digits-a2b3c4 --yes',
      'trainyard run suspend --yes -o json',
    ],
    load: () => import('./commands/run-suspend.ts'),
  },
  {
    path: ['run', 'resume'],
    about: 'cmd.run.resume',
    args: [RUN],
    options: [BY],
    examples: ['trainyard run resume', 'trainyard run resume run-digits-a2b3c4', 'trainyard run resume -o json'],
    load: () => import('./commands/run-resume.ts'),
  },
  {
    path: ['run', 'retry'],
    about: 'cmd.run.retry',
    args: [RUN],
    options: [COMMENT, { flags: '--set <path=value>', about: 'opt.retry.set', repeat: true }],
    examples: [
      'trainyard run retry',
      "trainyard run retry run-digits-a2b3c4 -m 'token renewed'",
      'trainyard run retry --set package.args.opset=17',
    ],
    load: () => import('./commands/run-retry.ts'),
  },
  {
    path: ['run', 'skip'],
    about: 'cmd.run.skip',
    args: [RUN],
    options: [COMMENT],
    examples: [
      'trainyard run skip',
      "trainyard run skip run-digits-a2b3c4 -m 'no service today'",
      'trainyard run skip -o json',
    ],
    load: () => import('./commands/run-skip.ts'),
  },
  {
    path: ['run', 'abort'],
    about: 'cmd.run.abort',
    args: [RUN],
    options: [COMMENT],
    examples: [
      'trainyard run abort',
      'trainyard run abort run-digits-a2b3c4 --yes',
      "trainyard run abort --yes -m 'superseded'",
    ],
    load: () => import('./commands/run-abort.ts'),
  },
];

export const RUN_COMMANDS: readonly CommandEntry[] = [START, ...LOOK, ...ACT, ...AGAIN_COMMANDS];
