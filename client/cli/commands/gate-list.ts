import type { GateView } from '../../../domain/gates/gate.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { stateText, voteCount } from '../gate-lines.ts';
import type { CommandInput } from '../input.ts';
import { texts } from '../messages/texts.ts';
import { printResult, tell } from '../output.ts';
import { resolveRun } from '../run-ref.ts';
import { age } from '../terminal/format.ts';
import { table } from '../terminal/table.ts';
import { cleanText } from '../terminal/text.ts';
import type { Ended } from '../tree.ts';

interface Found {
  readonly runId: string;
  readonly gate: GateView;
}

const SHOWN_RUNS = 5;

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const say = texts(context.lang);
  const [given] = input.args;
  const { found, silent } = given === undefined ? await everywhere(context) : await inRun(context, given);
  await printResult(context, {
    data: found,
    names: found.map(({ runId, gate }) => `${runId} ${gate.stage}`),
    lines: () => (found.length === 0 ? [] : gateTable(found, context, new Date())),
  });
  if (silent.length > 0) {
    const runs = cleanText(silent.slice(0, SHOWN_RUNS).join(', ')) + (silent.length > SHOWN_RUNS ? ', …' : '');
    tell(context, say('gate.silent', { count: silent.length, runs }));
  }
  if (found.length > 0 || context.format !== 'table') return EXIT.ok;
  tell(context, given === undefined ? say('gate.none') : say('gate.noGates', { run: cleanText(given) }));
  return EXIT.ok;
}

async function everywhere(context: CommandContext): Promise<{ found: readonly Found[]; silent: readonly string[] }> {
  const { waiting, silent } = await (await context.sdk()).waitingGates();
  return { found: waiting, silent };
}

async function inRun(
  context: CommandContext,
  given: string,
): Promise<{ found: readonly Found[]; silent: readonly string[] }> {
  const runId = await resolveRun(context, given);
  const { gates = [] } = await (await context.sdk()).get(runId);
  return { found: gates.map((gate) => ({ runId, gate })), silent: [] };
}

/** One line a gate. */
export function gateTable(found: readonly Found[], { lang }: Pick<CommandContext, 'lang'>, now: Date): string[] {
  const say = texts(lang);
  const headings = ['run', 'gate', 'state', 'votes', 'waits', 'until', 'check'] as const;
  const rows = found.map(({ runId, gate }) => [
    runId,
    gate.stage,
    stateText(gate, say),
    voteCount(gate),
    gate.state === 'waiting' && gate.openedAt !== null ? age(gate.openedAt, now, say) : '',
    gate.state === 'waiting' ? (gate.until ?? '') : '',
    gate.offer?.check?.text ?? '',
  ]);
  return table(
    headings.map((key) => say(`column.${key}`)),
    rows.map((row) => row.map((cell) => cleanText(cell).replace(/\s+/g, ' '))),
  );
}
