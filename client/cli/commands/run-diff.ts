import { TrainyardError } from '../../../domain/errors.ts';
import { viewOfRecord } from '../../../domain/record-view.ts';
import type { CommitHistory } from '../../../ports/git.ts';
import { diffRuns } from '../../../spec/run-diff.ts';
import type { Compared, RunDiff } from '../../../spec/run-diff.ts';
import type { CommandContext } from '../context.ts';
import { diffLines } from '../diff-lines.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandInput } from '../input.ts';
import { printResult } from '../output.ts';
import { resolveRun } from '../run-ref.ts';
import type { Ended } from '../tree.ts';

/** What the repositories say of a pair of commits, by the name of the source. */
export type Histories = Readonly<Record<string, CommitHistory>>;

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const [a, b] = [await compared(context, input.args[0]), await compared(context, input.args[1])];
  const diff = diffRuns(a, b);
  const histories = await historiesOf(context, diff);
  const commits = diff.commits.map((commit) => ({ ...commit, history: histories[commit.name] ?? null }));
  await printResult(context, {
    data: { ...diff, commits },
    names: diff.fields.map(({ name }) => name),
    lines: () => diffLines(diff, histories, context),
  });
  return EXIT.ok;
}

async function compared(context: CommandContext, given: string | undefined): Promise<Compared> {
  const runId = await resolveRun(context, given);
  const record = await (await context.runFiles()).readRecord(runId);
  if (record === null) {
    throw new TrainyardError('TY_RUN_NOT_FOUND', `run ${runId} has no record that can be read here`, { where: runId });
  }
  if (record.view !== null) return { record, view: record.view };
  const view = await (await context.sdk()).get(runId).catch(() => viewOfRecord(record));
  return { record, view };
}

async function historiesOf(context: CommandContext, { commits }: RunDiff): Promise<Histories> {
  const git = await context.git();
  const found = await Promise.all(
    commits.map(async ({ name, a, b, url }) => {
      if (url === null || a === null || b === null) return [];
      // A comparison needs no history: what cannot be read is left out.
      const history = await git.history(url, a, b, context.signal).catch(() => null);
      return history === null ? [] : [[name, history] as const];
    }),
  );
  return Object.fromEntries(found.flat());
}
