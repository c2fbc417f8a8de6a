import { TrainyardError, toReport } from '../../../domain/errors.ts';
import { parseDuration } from '../../../spec/fields/duration.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { textOf } from '../input.ts';
import type { CommandInput } from '../input.ts';
import { texts } from '../messages/texts.ts';
import { printResult, tell } from '../output.ts';
import { confirm } from '../prompt.ts';
import { resolveRun } from '../run-ref.ts';
import { cleanText } from '../terminal/text.ts';
import type { Ended } from '../tree.ts';

interface Wish {
  readonly status: string | undefined;
  /** Milliseconds; only runs that ended before. */
  readonly before: number | undefined;
}

/** Statuses of runs that have ended, as Temporal calls them. */
const CLOSED: Readonly<Record<string, string>> = {
  succeeded: 'ExecutionStatus = "Completed"',
  failed: 'ExecutionStatus IN ("Failed", "Terminated", "TimedOut")',
  cancelled: 'ExecutionStatus = "Canceled"',
};

const MOST = 1000;

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const say = texts(context.lang);
  const runIds = await chosen(context, input);
  if (runIds.length === 0) {
    tell(context, say('delete.none'));
    return EXIT.ok;
  }
  const shown = cleanText(runIds.join(', '));
  const question =
    runIds.length === 1
      ? say('ask.deleteRun', { run: shown })
      : say('ask.deleteRuns', { count: runIds.length, runs: shown });
  if (!(await confirm(context, question, 'run delete'))) {
    tell(context, say('ask.declined'));
    return EXIT.declined;
  }
  const [sdk, files] = [await context.sdk(), await context.runFiles()];
  const removed: string[] = [];
  const errors: unknown[] = [];
  for (const runId of runIds) {
    try {
      await sdk.remove(runId, { files: (id) => files.remove(id) });
      removed.push(runId);
    } catch (error) {
      errors.push(error);
      const { code, message } = toReport(error);
      if (runIds.length > 1) tell(context, `${code}: ${cleanText(message)}`);
    }
  }
  await printResult(context, {
    data: { removed },
    names: removed,
    lines: () => removed.map((runId) => say('delete.done', { run: cleanText(runId) })),
  });
  if (runIds.length === 1 && errors.length === 1) throw errors[0];
  return errors.length === 0 ? EXIT.ok : EXIT.error;
}

/** The runs that are named, or those that fit. Never the latest one by itself. */
async function chosen(context: CommandContext, input: CommandInput): Promise<readonly string[]> {
  const wish: Wish = { status: textOf(input, 'status'), before: endedBefore(context, textOf(input, 'olderThan')) };
  const given = input.args.length > 0;
  const filtered = wish.status !== undefined || wish.before !== undefined;
  if (given !== filtered) {
    if (!given) return await fitting(context, wish);
    const found: string[] = [];
    for (const one of input.args) found.push(await resolveRun(context, one));
    return [...new Set(found)];
  }
  throw new TrainyardError('TY_CLI_USAGE', texts(context.lang)('usage.deleteWhat'), {
    where: 'trainyard run delete',
    fix: 'trainyard run delete RUN, or trainyard run delete --status failed --older-than 30d',
  });
}

function endedBefore(context: CommandContext, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const seconds = parseDuration(given);
  if (seconds !== null) return Date.now() - seconds * 1000;
  const name = '--older-than';
  throw new TrainyardError('TY_CLI_USAGE', texts(context.lang)('usage.badValue', { name, value: given }), {
    where: name,
    why: '90s, 30m, 72h, 30d',
  });
}

/** What the server knows, and what it has forgotten but the workspace still holds. */
async function fitting(context: CommandContext, { status, before }: Wish): Promise<readonly string[]> {
  const parts = [
    status === undefined ? 'ExecutionStatus != "Running"' : (CLOSED[status] ?? ''),
    ...(before === undefined ? [] : [`CloseTime < "${new Date(before).toISOString()}"`]),
  ];
  const known = await (await context.sdk()).list({ limit: MOST, query: parts.join(' AND ') });
  const records = await (await context.workspace()).listRecords();
  const kept = records.filter(({ view }) => {
    if (view === null || view.finishedAt === null) return false;
    const fits = status === undefined || view.status === status;
    return fits && (before === undefined || Date.parse(view.finishedAt) < before);
  });
  return [...new Set([...known.map(({ runId }) => runId), ...kept.map(({ workflowId }) => workflowId)])];
}
