import { userInfo } from 'node:os';
import type { CommandContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { textOf } from './input.ts';
import type { CommandInput } from './input.ts';
import { texts } from './messages/texts.ts';
import { printResult, tell } from './output.ts';
import { confirm } from './prompt.ts';
import { resolveRun } from './run-ref.ts';
import { cleanText } from './terminal/text.ts';
import type { Ended } from './tree.ts';

/** Stops the job of a run, or lets it start again. Stopping it asks first: what it has not saved is lost. */
export async function suspendRun(
  context: CommandContext,
  input: CommandInput,
  action: 'suspend' | 'resume',
): Promise<Ended> {
  const say = texts(context.lang);
  const runId = await resolveRun(context, input.args[0]);
  const shown = cleanText(runId);
  if (action === 'suspend' && !(await confirm(context, say('ask.suspend', { run: shown }), `run suspend ${shown}`))) {
    tell(context, say('ask.declined'));
    return EXIT.declined;
  }
  const by = textOf(input, 'by') ?? userName();
  const sdk = await context.sdk();
  const status = await sdk[action](runId, by === undefined ? {} : { by });
  const line = say(action === 'suspend' ? 'suspend.done' : 'resume.done', { run: shown });
  await printResult(context, { data: { runId, status }, names: [runId], lines: () => [line] });
  return EXIT.ok;
}

/** Not everybody who runs a process has a name. */
function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
