import { join, resolve } from 'node:path';
import { TrainyardError } from '../../../domain/errors.ts';
import { splitStamp } from '../../../domain/log-text.ts';
import type { RunFiles } from '../../../ports/run-files.ts';
import type { LogFile } from '../../../ports/workspace.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { countOf, isSet, textOf } from '../input.ts';
import type { CommandInput } from '../input.ts';
import { followLogs } from '../live/follow-logs.ts';
import { copyLogs, writeArchive } from '../log-archive.ts';
import { selectLogs, stageOf } from '../log-files.ts';
import type { LogFilter } from '../log-files.ts';
import { logLine } from '../log-line.ts';
import type { LogEntry } from '../log-merge.ts';
import { parseSince } from '../log-since.ts';
import { readLogs } from '../log-source.ts';
import type { LogRange } from '../log-source.ts';
import { texts } from '../messages/texts.ts';
import { print, printResult, tell } from '../output.ts';
import { resolveRun } from '../run-ref.ts';
import { cleanText } from '../terminal/text.ts';
import type { Ended } from '../tree.ts';

/** Lines that are printed at once. */
const BATCH = 500;

interface Wish extends LogRange {
  readonly filter: LogFilter;
  readonly prefix: boolean;
  readonly timestamps: boolean;
}

/** Where the logs go instead of to the terminal. */
type Place = { readonly kind: 'archive' | 'folder'; readonly path: string };

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const { lang } = context;
  const wish: Wish = {
    filter: { stage: textOf(input, 'stage'), role: textOf(input, 'role'), rank: countOf(input, 'rank', lang) },
    tail: countOf(input, 'tail', lang),
    since: parseSince(textOf(input, 'since'), new Date(), lang),
    prefix: input.options['prefix'] !== false,
    timestamps: isSet(input, 'timestamps'),
  };
  const place = placeOf(context, input);
  const runId = await resolveRun(context, input.args[0]);
  const store = await context.runFiles();
  if (isSet(input, 'follow')) return follow(context, store, runId, wish);
  const files = selectLogs(await store.logFiles(runId), wish.filter);
  // A run nobody knows is an error; one that wrote nothing yet is not.
  if (files.length === 0) await (await context.sdk()).get(runId);
  if (files.length === 0) tell(context, texts(lang)('logs.none', { run: cleanText(runId) }));
  if (place === null) await show(context, files, wish);
  else if (files.length > 0) await save(context, runId, files, place);
  return EXIT.ok;
}

function placeOf(context: CommandContext, input: CommandInput): Place | null {
  const archive = textOf(input, 'archive');
  const folder = textOf(input, 'outputDir');
  const given = [
    ...(archive === undefined ? [] : ['--archive']),
    ...(folder === undefined ? [] : ['--output-dir']),
    ...(isSet(input, 'follow') ? ['--follow'] : []),
  ];
  if (given.length > 1) {
    const names = given.join(', ');
    throw new TrainyardError('TY_CLI_USAGE', texts(context.lang)('usage.oneOf', { names }), { where: names });
  }
  if (archive !== undefined) return { kind: 'archive', path: resolve(context.directory, archive) };
  return folder === undefined ? null : { kind: 'folder', path: resolve(context.directory, folder) };
}

/** Logs are saved as they are: whole, and with their times. */
async function save(context: CommandContext, runId: string, files: readonly LogFile[], place: Place): Promise<void> {
  if (place.kind === 'archive') await writeArchive(place.path, runId, files);
  else await copyLogs(place.path, files);
  const names = files.map(({ job, role, rank }) => join(job, `${role}-${rank}.log`));
  await printResult(context, {
    data: { path: place.path, files: names },
    names: [place.path],
    lines: () => [texts(context.lang)('logs.saved', { count: files.length, path: cleanText(place.path) })],
  });
}

async function show(context: CommandContext, files: readonly LogFile[], wish: Wish): Promise<void> {
  if (context.format !== 'table') {
    const parts = await Promise.all(files.map((file) => filePart(file, wish)));
    return await printResult(context, { data: parts, names: files.map(({ path }) => path), lines: () => [] });
  }
  const style = { colour: context.colour, prefix: files.length > 1 && wish.prefix, timestamps: wish.timestamps };
  const untimed = new Set<LogFile>();
  const batch: string[] = [];
  for await (const { file, line, at } of readLogs(files, wish)) {
    if (at === null) untimed.add(file);
    batch.push(logLine(file, line, style));
    if (batch.length >= BATCH) print(context, batch.splice(0));
  }
  print(context, batch.splice(0));
  if (wish.since !== undefined) tellUntimed(context, untimed);
}

function tellUntimed(context: CommandContext, files: ReadonlySet<LogFile>): void {
  const say = texts(context.lang);
  for (const { job, role, rank } of files) {
    tell(context, say('logs.noTimes', { file: cleanText(`${job}/${role}-${rank}`) }));
  }
}

async function filePart(file: LogFile, wish: Wish): Promise<object> {
  const lines: string[] = [];
  for await (const { line } of readLogs([file], wish)) lines.push(wish.timestamps ? line : bare(line));
  return { job: file.job, stage: stageOf(file), role: file.role, rank: file.rank, lines };
}

async function follow(context: CommandContext, store: RunFiles, runId: string, wish: Wish): Promise<Ended> {
  const prefix = wish.prefix && wish.filter.rank === undefined;
  const style = { colour: context.colour, prefix, timestamps: wish.timestamps };
  await followLogs(context, {
    ...wish,
    runId,
    files: async () => selectLogs(await store.logFiles(runId), wish.filter),
    print: (entries) =>
      print(
        context,
        entries.map((entry) => (context.format === 'json' ? jsonLine(entry) : logLine(entry.file, entry.line, style))),
      ),
  });
  return context.signal.aborted ? EXIT.interrupted : EXIT.ok;
}

function jsonLine({ file, line }: LogEntry): string {
  const at = splitStamp(line)?.at;
  return JSON.stringify({
    job: file.job,
    stage: stageOf(file),
    role: file.role,
    rank: file.rank,
    ...(at === undefined ? {} : { at }),
    line: cleanText(bare(line)),
  });
}

const bare = (line: string): string => splitStamp(line)?.text ?? line;
