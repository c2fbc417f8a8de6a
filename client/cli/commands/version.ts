import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { printResult } from '../output.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext): Promise<Ended> {
  const { version } = context;
  const data = { version, node: process.versions.node, platform: `${process.platform}-${process.arch}` };
  await printResult(context, {
    data,
    names: [version],
    lines: () => [`trainyard ${version}  node ${data.node}  ${data.platform}`],
  });
  return EXIT.ok;
}
