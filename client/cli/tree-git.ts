import type { ArgumentEntry, CommandEntry } from './tree.ts';

const NAME: ArgumentEntry = { name: 'NAME', required: true, about: 'arg.credential' };

export const CREDENTIAL_COMMANDS: readonly CommandEntry[] = [
  {
    path: ['credential', 'set'],
    about: 'cmd.credential.set',
    args: [NAME],
    options: [
      { flags: '--host <host>', about: 'opt.credential.host' },
      { flags: '--username <name>', about: 'opt.credential.username', fallback: 'git' },
    ],
    examples: [
      'trainyard credential set forge --host git.example.com < token.txt',
      'printenv TOKEN | trainyard credential set forge --host git.example.com',
      'trainyard credential set forge --host git.example.com:8443 --username robot',
    ],
    load: () => import('./commands/credential-set.ts'),
  },
  {
    path: ['credential', 'list'],
    about: 'cmd.credential.list',
    examples: ['trainyard credential list', 'trainyard credential list -o json', 'trainyard credential list -o name'],
    load: () => import('./commands/credential-list.ts'),
  },
  {
    path: ['credential', 'test'],
    about: 'cmd.credential.test',
    args: [NAME],
    options: [{ flags: '--url <url>', about: 'opt.credential.url' }],
    examples: [
      'trainyard credential test forge --url https://git.example.com/ml/digits',
      'trainyard credential test forge',
      'trainyard credential test forge --url https://git.example.com/ml/digits -o json',
    ],
    load: () => import('./commands/credential-test.ts'),
  },
  {
    path: ['credential', 'delete'],
    about: 'cmd.credential.delete',
    args: [NAME],
    examples: [
      'trainyard credential delete forge',
      'trainyard credential delete forge --yes',
      'trainyard credential delete old -y -q',
    ],
    load: () => import('./commands/credential-delete.ts'),
  },
  {
    path: ['credential', 'trust'],
    about: 'cmd.credential.trust',
    args: [{ name: 'HOST', required: true, about: 'arg.host' }],
    options: [{ flags: '--fingerprint <sha256>', about: 'opt.trust.fingerprint' }],
    examples: [
      'trainyard credential trust git.example.com',
      'trainyard credential trust git.example.com:8443',
      'trainyard credential trust git.example.com --fingerprint AB:CD:…',
    ],
    load: () => import('./commands/credential-trust.ts'),
  },
];

export const REPO_COMMANDS: readonly CommandEntry[] = [
  {
    path: ['repo', 'push'],
    about: 'cmd.repo.push',
    args: [
      { name: 'DIR', required: true, about: 'arg.dir' },
      { name: 'URL', required: true, about: 'arg.url' },
    ],
    options: [
      { flags: '--lfs <pattern>', about: 'opt.push.lfs', repeat: true },
      { flags: '--branch <name>', about: 'opt.push.branch', fallback: 'main' },
      { flags: '--credential <name>', about: 'opt.push.credential' },
      { flags: '-m, --message <text>', about: 'opt.push.message' },
    ],
    examples: [
      "trainyard repo push ./images https://git.example.com/ml/images --lfs '*.jpg'",
      'trainyard repo push . https://git.example.com/ml/digits --credential forge',
      "trainyard repo push ./data https://git.example.com/ml/data --lfs '*.png' --lfs '*.bin' --branch v2",
    ],
    load: () => import('./commands/repo-push.ts'),
  },
];
