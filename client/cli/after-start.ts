import { rememberRuns } from './completion/recent.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { followToEnd } from './follow-to-end.ts';
import { atMostOne, countOf, isSet } from './input.ts';
import type { CommandInput } from './input.ts';
import { texts } from './messages/texts.ts';
import { printResult, tell } from './output.ts';

/** What is done once a run is started. */
export interface Follow {
  readonly mode: 'watch' | 'wait' | 'detach';
  /** Seconds. */
  readonly timeout: number | undefined;
}

/** Reads --watch, --wait, --detach and --timeout, before anything is started. Throws `TY_CLI_USAGE`. */
export function followOptions(context: CommandContext, input: CommandInput): Follow {
  atMostOne(input, ['watch', 'wait', 'detach'], context.lang);
  return { mode: modeOf(input, context), timeout: countOf(input, 'timeout', context.lang) };
}

/** Tells of a run that was started, and follows it if that was asked for. */
export async function afterStart(context: CommandContext, runId: string, { mode, timeout }: Follow): Promise<number> {
  const say = texts(context.lang);
  await rememberRuns([runId], context.env);
  if (mode === 'detach') {
    await printResult(context, { data: { runId }, names: [runId], lines: () => [runId] });
    if (context.streams.stderr.isTTY === true) tell(context, say('start.next', { run: runId }));
    return EXIT.ok;
  }
  tell(context, say('start.started', { run: runId }));
  const silent = mode === 'wait';
  return await followToEnd(context, runId, {
    timeout,
    silent,
    stopWhenParked: silent || context.streams.stderr.isTTY !== true,
  });
}

/** A person at a terminal follows the run; a script gets its id. */
function modeOf(input: CommandInput, context: CommandContext): Follow['mode'] {
  for (const mode of ['watch', 'wait', 'detach'] as const) if (isSet(input, mode)) return mode;
  const atTerminal = context.streams.stdout.isTTY === true && context.streams.stderr.isTTY === true;
  return atTerminal && context.format === 'table' ? 'watch' : 'detach';
}
