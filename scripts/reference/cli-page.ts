import { HELP_EN } from '../../client/cli/messages/help-en.ts';
import type { HelpKey } from '../../client/cli/messages/texts.ts';
import type { ArgumentEntry, CommandEntry, OptionEntry } from '../../client/cli/tree.ts';
import { GLOBAL_OPTIONS, TREE } from '../../client/cli/tree.ts';
import { cell } from './errors-page.ts';

const EXIT_CODES: readonly (readonly [code: number, text: string])[] = [
  [0, 'done'],
  [1, 'an error'],
  [2, 'the command line or the spec is wrong'],
  [3, 'cancelled, or a question was answered with no'],
  [4, 'a credential is missing or refused'],
  [5, 'the run failed'],
  [7, 'the time of `--timeout` is over; the run goes on'],
  [8, 'the run is parked and waits for a person'],
  [9, 'Temporal, a worker or a Git server does not answer'],
  [130, 'Ctrl-C'],
];

/** `docs/reference/cli.md`. */
export function cliPage(): string {
  return [
    '# Command line',
    '',
    'Generated from `client/cli/tree.ts`: change it there and run `node scripts/generate-reference.ts`.',
    '`trainyard COMMAND --help` prints the same, in English or Chinese (`--lang zh`).',
    '',
    'Results go to standard output, everything else to standard error. Without a terminal nothing is asked and nothing is',
    'coloured.',
    '',
    '| command | |',
    '| --- | --- |',
    ...TREE.map(({ path, about }) => `| [trainyard ${path.join(' ')}](#${anchor(path)}) | ${help(about)} |`),
    '',
    '## Options of every command',
    '',
    ...options(GLOBAL_OPTIONS),
    '## Exit codes',
    '',
    '| code | |',
    '| --- | --- |',
    ...EXIT_CODES.map(([code, text]) => `| ${code} | ${text} |`),
    '',
    ...TREE.flatMap(section),
  ].join('\n');
}

function section(command: CommandEntry): string[] {
  const { path, about, args = [], options: own = [], examples = [] } = command;
  const usage = ['trainyard', ...path, ...args.map(shown), ...(own.length > 0 ? ['[options]'] : [])].join(' ');
  return [
    `## trainyard ${path.join(' ')}`,
    '',
    `${sentence(help(about))}`,
    '',
    '```',
    usage,
    '```',
    '',
    ...(args.length === 0
      ? []
      : ['| argument | |', '| --- | --- |', ...args.map((arg) => `| \`${arg.name}\` | ${help(arg.about)} |`), '']),
    ...options(own),
    ...(examples.length === 0 ? [] : ['```', ...examples, '```', '']),
  ];
}

function options(entries: readonly OptionEntry[]): string[] {
  if (entries.length === 0) return [];
  return [
    '| option | |',
    '| --- | --- |',
    ...entries.map((entry) => `| \`${entry.flags}\` | ${optionText(entry)} |`),
    '',
  ];
}

function optionText({ about, choices, fallback, repeat }: OptionEntry): string {
  return [
    help(about),
    ...(choices === undefined ? [] : [`one of ${choices.map((choice) => `\`${choice}\``).join(', ')}`]),
    ...(fallback === undefined ? [] : [`\`${fallback}\` if left out`]),
    ...(repeat === true && !help(about).includes('repeatable') ? ['may be given several times'] : []),
  ].join('; ');
}

function help(key: HelpKey): string {
  return cell(HELP_EN[key]);
}

function shown({ name, required }: ArgumentEntry): string {
  return required ? name : `[${name}]`;
}

function anchor(path: readonly string[]): string {
  return ['trainyard', ...path].join('-');
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}
