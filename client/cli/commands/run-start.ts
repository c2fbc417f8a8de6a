import { resolve } from 'node:path';
import type { Workspace } from '../../../ports/workspace.ts';
import { rememberRuns } from '../completion/recent.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { followToEnd } from '../follow-to-end.ts';
import { atMostOne, countOf, isSet, listOf, textOf } from '../input.ts';
import type { CommandInput } from '../input.ts';
import { texts } from '../messages/texts.ts';
import { printResult, tell } from '../output.ts';
import { loadSpec } from '../spec-file.ts';
import type { LoadedSpec } from '../spec-file.ts';
import { byteSize } from '../terminal/format.ts';
import { cleanText } from '../terminal/text.ts';
import { askServer, explain, printManifest } from '../start-without.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const say = texts(context.lang);
  atMostOne(input, ['watch', 'wait', 'detach'], context.lang);
  const timeout = countOf(input, 'timeout', context.lang);
  const loaded = await loadSpec(context, {
    file: textOf(input, 'file'),
    set: listOf(input, 'set'),
    name: textOf(input, 'name'),
    code: textOf(input, 'code'),
  });
  if (isSet(input, 'printManifest')) return printManifest(context, loaded.spec);
  const where = textOf(input, 'dryRun');
  if (where === 'server') return askServer(context, loaded.spec);
  if (where !== undefined || isSet(input, 'dryRun')) return explain(context, loaded.spec);
  const document = await withSnapshot(context, loaded);
  const sdk = await context.sdk();
  const { runId } = await sdk.start(document);
  await rememberRuns([runId], context.env);
  const mode = modeOf(input, context);
  if (mode === 'detach') {
    await printResult(context, { data: { runId }, names: [runId], lines: () => [runId] });
    if (context.streams.stderr.isTTY === true) tell(context, say('start.next', { run: runId }));
    return EXIT.ok;
  }
  tell(context, say('start.started', { run: runId }));
  const silent = mode === 'wait';
  return followToEnd(context, runId, {
    timeout,
    silent,
    stopWhenParked: silent || context.streams.stderr.isTTY !== true,
  });
}

/** A person at a terminal follows the run; a script gets its id. */
function modeOf(input: CommandInput, context: CommandContext): 'watch' | 'wait' | 'detach' {
  for (const mode of ['watch', 'wait', 'detach'] as const) if (isSet(input, mode)) return mode;
  const atTerminal = context.streams.stdout.isTTY === true && context.streams.stderr.isTTY === true;
  return atTerminal && context.format === 'table' ? 'watch' : 'detach';
}

/** A folder given as code becomes the digest of its copy: what is trained is what was there now. */
async function withSnapshot(context: CommandContext, { document, spec }: LoadedSpec): Promise<unknown> {
  const folder = spec.code?.path;
  if (folder === undefined) return document;
  const workspace: Workspace = await context.workspace();
  const path = resolve(context.directory, folder);
  const { digest, files, bytes } = await workspace.snapshot(path);
  const shown = { path: cleanText(path), files, size: byteSize(bytes), digest: digest.slice(0, 12) };
  tell(context, texts(context.lang)('start.snapshot', shown));
  return { ...(document as object), code: { snapshot: digest } };
}
