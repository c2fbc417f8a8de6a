import { Command, CommanderError, Help, Option } from 'commander';
import type { Globals } from './globals.ts';
import type { CommandInput } from './input.ts';
import { texts } from './messages/texts.ts';
import type { HelpKey, Say } from './messages/texts.ts';
import { painter } from './terminal/colour.ts';
import { GLOBAL_OPTIONS, GROUPS, TREE } from './tree.ts';
import type { CommandEntry, OptionEntry } from './tree.ts';
import { usageError } from './usage-error.ts';

/** What the parser needs besides the words. */
export interface ProgramHost {
  readonly globals: Globals;
  readonly version: string;
  /** Colour of help on standard output. */
  readonly colour: boolean;
  readonly out: (text: string) => void;
  readonly run: (entry: CommandEntry, input: CommandInput) => Promise<void>;
}

/** The parser, made from the command tree. */
export function buildProgram(host: ProgramHost): Command {
  const say = texts(host.globals.lang);
  const root = new Command('trainyard');
  prepare(root, host, say);
  root.description(say('help.root')).version(host.version, '-V, --version', say('help.version'));
  for (const option of GLOBAL_OPTIONS) root.addOption(toOption(option, say));
  root.addHelpText('after', `\n${say('help.more')}`);
  const groups = new Map<string, Command>();
  for (const entry of TREE) {
    const [first = '', second] = entry.path;
    const parent = second === undefined ? root : groupOf(first, root, groups, host, say);
    addEntry(parent, entry, host, say);
  }
  return root;
}

/** Parses and runs; faults of the command line become `TY_CLI_USAGE`. */
export async function parseWith(program: Command, argv: readonly string[], say: Say): Promise<void> {
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return;
    throw await usageError(error, argv, say);
  }
}

function prepare(command: Command, host: ProgramHost, say: Say): void {
  const paint = painter(host.colour);
  command
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({ writeOut: host.out, writeErr: () => undefined })
    .helpOption('-h, --help', say('help.help'))
    .helpCommand(false)
    .configureHelp({
      showGlobalOptions: command.name() !== 'trainyard',
      sortSubcommands: false,
      optionDescription: (option) => option.description,
      styleTitle: (title) => paint('bold', translateTitle(title, say)),
      subcommandTerm: (sub) => new Help().subcommandTerm(sub).replace(' [options]', ''),
    });
}

function addEntry(parent: Command, entry: CommandEntry, host: ProgramHost, say: Say): void {
  const command = parent.command(entry.path.at(-1) ?? '');
  prepare(command, host, say);
  command.description(say(entry.about));
  for (const argument of entry.args ?? []) {
    command.argument(argument.required ? `<${argument.name}>` : `[${argument.name}]`, say(argument.about));
  }
  for (const option of entry.options ?? []) command.addOption(toOption(option, say));
  const examples = (entry.examples ?? []).map((line) => `  ${line}`);
  if (examples.length > 0) command.addHelpText('after', `\n${say('help.examples')}\n${examples.join('\n')}`);
  command.action(async () => {
    await host.run(entry, { args: command.args, options: command.opts<Record<string, unknown>>() });
  });
}

function groupOf(name: string, root: Command, groups: Map<string, Command>, host: ProgramHost, say: Say): Command {
  const known = groups.get(name);
  if (known !== undefined) return known;
  const about: HelpKey = GROUPS.find((group) => group.name === name)?.about ?? 'help.commands';
  const group = root.command(name);
  prepare(group, host, say);
  group.description(say(about));
  groups.set(name, group);
  return group;
}

function toOption(entry: OptionEntry, say: Say): Option {
  const choices =
    entry.choices === undefined ? '' : ` (${say('usage.choices', { choices: entry.choices.join(', ') })})`;
  const fallback = entry.fallback === undefined ? '' : ` [${entry.fallback}]`;
  const option = new Option(entry.flags, `${say(entry.about)}${choices}${fallback}`);
  if (entry.choices !== undefined) option.choices([...entry.choices]);
  if (entry.fallback !== undefined) option.default(entry.fallback);
  if (entry.repeat === true) {
    option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
  }
  return option;
}

function translateTitle(title: string, say: Say): string {
  const keys: Readonly<Record<string, HelpKey>> = {
    'Usage:': 'help.usage',
    'Arguments:': 'help.arguments',
    'Options:': 'help.options',
    'Global Options:': 'help.global',
    'Commands:': 'help.commands',
  };
  const key = keys[title];
  return key === undefined ? title : say(key);
}
