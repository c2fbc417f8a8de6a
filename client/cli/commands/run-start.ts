import { resolve } from 'node:path';
import type { Workspace } from '../../../ports/workspace.ts';
import { afterStart, followOptions } from '../after-start.ts';
import type { CommandContext } from '../context.ts';
import { isSet, listOf, textOf } from '../input.ts';
import type { CommandInput } from '../input.ts';
import { texts } from '../messages/texts.ts';
import { tell } from '../output.ts';
import { loadSpec } from '../spec-file.ts';
import type { LoadedSpec } from '../spec-file.ts';
import { byteSize } from '../terminal/format.ts';
import { cleanText } from '../terminal/text.ts';
import { askServer, explain, printManifest } from '../start-without.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const follow = followOptions(context, input);
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
  return await afterStart(context, runId, follow);
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
