import { setTimeout as sleep } from 'node:timers/promises';
import type { RankUsage } from '../../../domain/run-state.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { isSet } from '../input.ts';
import type { CommandInput } from '../input.ts';
import { createScreen } from '../live/screen.ts';
import { texts } from '../messages/texts.ts';
import { printResult, tell } from '../output.ts';
import { resolveRun } from '../run-ref.ts';
import { age, byteSize } from '../terminal/format.ts';
import { table } from '../terminal/table.ts';
import { cleanText } from '../terminal/text.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const runId = await resolveRun(context, input.args[0]);
  const files = await context.runFiles();
  if (isSet(input, 'follow') && context.streams.stdout.isTTY === true) {
    const screen = createScreen(context.streams.stdout, () => process.stdout.rows ?? 24);
    while (!context.signal.aborted) {
      screen.draw(usageTable(await files.usage(runId), context, new Date()));
      await sleep(1000, undefined, { signal: context.signal }).catch(() => undefined);
    }
    return EXIT.interrupted;
  }
  const usage = await files.usage(runId);
  await printResult(context, {
    data: usage,
    names: usage.map(({ role, rank }) => `${role}-${rank}`),
    lines: () => (usage.length === 0 ? [] : usageTable(usage, context, new Date())),
  });
  if (usage.length === 0) tell(context, texts(context.lang)('top.none', { run: cleanText(runId) }));
  return EXIT.ok;
}

/** One line a rank, with the age of its last sample. */
export function usageTable(usage: readonly RankUsage[], { lang }: Pick<CommandContext, 'lang'>, now: Date): string[] {
  const say = texts(lang);
  const withGpus = usage.some(({ gpu }) => gpu !== undefined);
  const rows = usage.map((rank) => [
    cleanText(rank.job),
    cleanText(rank.role),
    String(rank.rank),
    rank.pid === null ? '-' : String(rank.pid),
    rank.cpu === null ? '-' : rank.cpu.toFixed(2),
    sizeOf(rank.memoryBytes),
    sizeOf(rank.peakMemoryBytes),
    ...(withGpus ? gpuCells(rank.gpu) : []),
    age(rank.sampledAt, now, say),
  ]);
  const gpus = withGpus ? (['gpus', 'gpu', 'gpuMemory'] as const) : [];
  const headings = ['job', 'role', 'rank', 'pid', 'cpu', 'memory', 'peak', ...gpus, 'age'] as const;
  return table(
    headings.map((name) => say(`column.${name}`)),
    rows,
  );
}

function gpuCells(gpu: RankUsage['gpu']): readonly string[] {
  if (gpu === undefined) return ['-', '-', '-'];
  const { devices, utilization, memoryBytes } = gpu;
  return [String(devices), utilization === null ? '-' : `${Math.round(utilization * 100)} %`, sizeOf(memoryBytes)];
}

const sizeOf = (bytes: number | null): string => (bytes === null ? '-' : byteSize(bytes));
