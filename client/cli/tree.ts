import { CLUSTER_BACKENDS } from '../../domain/pod-plan.ts';
import type { CommandContext } from './context.ts';
import type { CommandInput } from './input.ts';
import type { HelpKey } from './messages/texts.ts';
import { GATE_COMMANDS, IDENTITY_COMMANDS } from './tree-gate.ts';
import { CREDENTIAL_COMMANDS, REPO_COMMANDS } from './tree-git.ts';
import { NOTIFY_COMMANDS } from './tree-notify.ts';
import { RUN_COMMANDS } from './tree-run.ts';

export interface ArgumentEntry {
  readonly name: string;
  readonly required: boolean;
  readonly about: HelpKey;
  /** What completion offers. */
  readonly offers?: 'run' | 'code' | 'shell' | 'gate';
}

export interface OptionEntry {
  /** As commander reads them: `-f, --file <path>`. */
  readonly flags: string;
  readonly about: HelpKey;
  readonly choices?: readonly string[];
  readonly repeat?: boolean;
  readonly fallback?: string;
}

/** Exit code; nothing means 0. */
export type Ended = number | undefined;

export interface CommandModule {
  run(context: CommandContext, input: CommandInput): Promise<Ended>;
}

/** One command. Its code is loaded when it runs, so that the others cost nothing. */
export interface CommandEntry {
  readonly path: readonly string[];
  readonly about: HelpKey;
  readonly args?: readonly ArgumentEntry[];
  readonly options?: readonly OptionEntry[];
  readonly examples?: readonly string[];
  /** Needs no settings: works where they are broken. */
  readonly bare?: boolean;
  readonly load: () => Promise<CommandModule>;
}

/** Folders of commands, in the order of the help. */
export const GROUPS: readonly { readonly name: string; readonly about: HelpKey }[] = [
  { name: 'run', about: 'cmd.run' },
  { name: 'gate', about: 'cmd.gate' },
  { name: 'identity', about: 'cmd.identity' },
  { name: 'credential', about: 'cmd.credential' },
  { name: 'repo', about: 'cmd.repo' },
  { name: 'notify', about: 'cmd.notify' },
  { name: 'config', about: 'cmd.config' },
];

/** Options every command takes. */
export const GLOBAL_OPTIONS: readonly OptionEntry[] = [
  { flags: '-o, --output <format>', about: 'global.output', choices: ['table', 'json', 'yaml', 'name'] },
  { flags: '--lang <lang>', about: 'global.lang', choices: ['en', 'zh'] },
  { flags: '--no-color', about: 'global.no-color' },
  { flags: '-q, --quiet', about: 'global.quiet' },
  { flags: '-v, --verbose', about: 'global.verbose' },
  { flags: '--no-input', about: 'global.no-input' },
  { flags: '-y, --yes', about: 'global.yes' },
  { flags: '--context <name>', about: 'global.context' },
  { flags: '-C, --directory <dir>', about: 'global.directory' },
];

const BEGIN_COMMANDS: readonly CommandEntry[] = [
  {
    path: ['init'],
    about: 'cmd.init',
    bare: true,
    options: [
      { flags: '--recipe <kind>', about: 'opt.init.recipe', choices: ['torchrun', 'command'], fallback: 'torchrun' },
      { flags: '--force', about: 'opt.init.force' },
    ],
    examples: ['trainyard init', 'trainyard init --recipe command', 'trainyard init --force -C ~/digits'],
    load: () => import('./commands/init.ts'),
  },
  {
    path: ['dev'],
    about: 'cmd.dev',
    options: [{ flags: '--port <number>', about: 'opt.dev.port' }],
    examples: ['trainyard dev', 'trainyard dev --port 7233', 'trainyard dev -C ~/digits'],
    load: () => import('./commands/dev.ts'),
  },
  {
    path: ['demo'],
    about: 'cmd.demo',
    options: [{ flags: '--keep', about: 'opt.demo.keep' }],
    examples: ['trainyard demo', 'trainyard demo --keep', 'trainyard demo --lang zh'],
    load: () => import('./commands/demo.ts'),
  },
];

const CARE_COMMANDS: readonly CommandEntry[] = [
  {
    path: ['worker'],
    about: 'cmd.worker',
    options: [
      { flags: '--deployment <name>', about: 'opt.worker.deployment' },
      { flags: '--site <name>', about: 'opt.worker.site', repeat: true },
    ],
    examples: ['trainyard worker', 'trainyard worker --context team', 'trainyard worker --site gpu'],
    load: () => import('./commands/worker.ts'),
  },
  {
    path: ['doctor'],
    about: 'cmd.doctor',
    options: [
      { flags: '--site <name>', about: 'opt.doctor.site' },
      { flags: '--backend <kind>', about: 'opt.doctor.backend', choices: CLUSTER_BACKENDS },
      { flags: '--queue <name>', about: 'opt.doctor.queue' },
      { flags: '--runtime <name>', about: 'opt.doctor.runtime' },
    ],
    examples: [
      'trainyard doctor',
      'trainyard doctor --backend volcano --queue ml',
      'trainyard doctor --site gpu --backend trainjob -o json',
    ],
    load: () => import('./commands/doctor.ts'),
  },
  {
    path: ['rbac'],
    about: 'cmd.rbac',
    options: [
      { flags: '-n, --namespace <name>', about: 'opt.rbac.namespace' },
      { flags: '--for <who>', about: 'opt.rbac.for', choices: ['worker', 'people'], fallback: 'worker' },
      { flags: '--user <name>', about: 'opt.rbac.user', repeat: true },
      { flags: '--group <name>', about: 'opt.rbac.group', repeat: true },
      { flags: '--service-account <name>', about: 'opt.rbac.service-account', fallback: 'trainyard' },
      { flags: '--backend <kind>', about: 'opt.rbac.backend', choices: CLUSTER_BACKENDS, repeat: true },
      { flags: '--cluster-role', about: 'opt.rbac.cluster-role' },
      { flags: '--secret <name>', about: 'opt.rbac.secret', repeat: true },
      { flags: '--exec', about: 'opt.rbac.exec' },
      { flags: '--gpu-metrics <namespace>', about: 'opt.rbac.gpu-metrics', repeat: true },
      { flags: '--apply', about: 'opt.rbac.apply' },
      { flags: '--kube-context <name>', about: 'opt.rbac.kube-context' },
    ],
    examples: [
      'trainyard rbac -n ml --backend volcano --backend trainjob --cluster-role --apply',
      'trainyard rbac -n ml --service-account ops/trainyard | kubectl apply --server-side -f -',
      'trainyard rbac -n ml --for people --group ml-team --exec --apply',
    ],
    load: () => import('./commands/rbac.ts'),
  },
  {
    path: ['explain'],
    about: 'cmd.explain',
    bare: true,
    args: [{ name: 'CODE', required: false, about: 'arg.code', offers: 'code' }],
    examples: ['trainyard explain TY_PUSH_PROTECTED', 'trainyard explain', 'trainyard explain TY_GIT_AUTH --lang zh'],
    load: () => import('./commands/explain.ts'),
  },
  {
    path: ['completion'],
    about: 'cmd.completion',
    bare: true,
    args: [{ name: 'SHELL', required: true, about: 'arg.shell', offers: 'shell' }],
    examples: [
      'source <(trainyard completion bash)',
      'trainyard completion zsh > ~/.zfunc/_trainyard',
      'trainyard completion fish > ~/.config/fish/completions/trainyard.fish',
    ],
    load: () => import('./commands/completion.ts'),
  },
  {
    path: ['version'],
    about: 'cmd.version',
    bare: true,
    examples: ['trainyard version', 'trainyard version -o json', 'trainyard --version'],
    load: () => import('./commands/version.ts'),
  },
  {
    path: ['config', 'view'],
    about: 'cmd.config.view',
    examples: ['trainyard config view', 'trainyard config view --context team', 'trainyard config view -o json'],
    load: () => import('./commands/config-view.ts'),
  },
];

/** The whole command tree: the parser, the help, completion and `docs/reference/cli.md` are made from it. */
export const TREE: readonly CommandEntry[] = [
  ...BEGIN_COMMANDS,
  ...RUN_COMMANDS,
  ...GATE_COMMANDS,
  ...IDENTITY_COMMANDS,
  ...CREDENTIAL_COMMANDS,
  ...REPO_COMMANDS,
  ...NOTIFY_COMMANDS,
  ...CARE_COMMANDS,
];
