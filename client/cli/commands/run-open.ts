import { spawn } from 'node:child_process';
import { runUrl } from '../../../domain/run-link.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { isSet } from '../input.ts';
import type { CommandInput } from '../input.ts';
import { texts } from '../messages/texts.ts';
import { printResult, tell } from '../output.ts';
import { resolveRun } from '../run-ref.ts';
import type { Ended } from '../tree.ts';

const USUAL_UI = 'http://127.0.0.1:8233';

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const runId = await resolveRun(context, input.args[0]);
  const { namespace } = await context.sdk();
  const known = context.env['TEMPORAL_UI_URL'] || context.dev?.ui || null;
  if (known === null) tell(context, texts(context.lang)('open.noUi', { url: USUAL_UI }));
  const url = runUrl(known ?? USUAL_UI, namespace, runId);
  await printResult(context, { data: { runId, url }, names: [url], lines: () => [url] });
  if (!isSet(input, 'print') && context.format === 'table' && context.streams.stdout.isTTY === true) openInBrowser(url);
  return EXIT.ok;
}

/** Best effort: the address was printed already. */
function openInBrowser(url: string): void {
  const program = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(program, [url], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}
