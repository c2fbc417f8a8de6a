import type { ListOptions, RunSummary } from '../../index.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { countOf, textOf } from '../input.ts';
import type { CommandInput } from '../input.ts';
import { rememberRuns } from '../completion/recent.ts';
import { texts } from '../messages/texts.ts';
import { printResult, tell } from '../output.ts';
import { statusWord } from '../run-lines.ts';
import { painter } from '../terminal/colour.ts';
import { age, duration, secondsBetween } from '../terminal/format.ts';
import { table } from '../terminal/table.ts';
import { cleanText } from '../terminal/text.ts';
import type { Ended } from '../tree.ts';

/** What Temporal calls these statuses. */
const STATUSES: Readonly<Record<string, string>> = {
  running: 'ExecutionStatus = "Running"',
  succeeded: 'ExecutionStatus = "Completed"',
  failed: 'ExecutionStatus IN ("Failed", "Terminated", "TimedOut")',
  cancelled: 'ExecutionStatus = "Canceled"',
};

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const say = texts(context.lang);
  const sdk = await context.sdk();
  const runs = await sdk.list(toListOptions(input, countOf(input, 'limit', context.lang)));
  await rememberRuns(
    runs.map(({ runId }) => runId),
    context.env,
  );
  await printResult(context, {
    data: runs,
    names: runs.map(({ runId }) => runId),
    lines: () => (runs.length === 0 ? [] : listTable(runs, context, new Date())),
  });
  if (runs.length === 0 && context.format === 'table') tell(context, say('watch.noRuns'));
  return EXIT.ok;
}

export function toListOptions(input: CommandInput, limit: number | undefined): ListOptions {
  const status = STATUSES[textOf(input, 'status') ?? ''];
  const own = textOf(input, 'query');
  const parts = [status, own].flatMap((part) => (part === undefined ? [] : [`(${part})`]));
  return {
    ...(limit === undefined ? {} : { limit }),
    ...(parts.length === 0 ? {} : { query: parts.join(' AND ') }),
  };
}

/** One line a run, newest first. */
export function listTable(
  runs: readonly RunSummary[],
  style: Pick<CommandContext, 'lang' | 'colour'>,
  now: Date,
): string[] {
  const say = texts(style.lang);
  const paint = painter(style.colour);
  const rows = runs.map((run) => [
    cleanText(run.runId),
    statusWord(run.status, paint, say),
    run.finishedAt === null ? cleanText(run.stage ?? '') : '',
    age(run.createdAt, now, say),
    duration(secondsBetween(run.createdAt, run.finishedAt, now), say),
  ]);
  const headings = ['column.run', 'column.status', 'column.stage', 'column.age', 'column.time'] as const;
  return table(
    headings.map((key) => say(key)),
    rows,
  );
}
