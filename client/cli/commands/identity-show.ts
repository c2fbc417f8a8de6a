import { TrainyardError } from '../../../domain/errors.ts';
import { identityPath, readIdentity } from '../../sdk/identity.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { identityResult } from '../identity-lines.ts';
import { printResult } from '../output.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext): Promise<Ended> {
  const file = identityPath(context.env);
  const identity = await readIdentity(file);
  if (identity === null) throw new TrainyardError('TY_IDENTITY_MISSING', 'there is no identity yet', { where: file });
  await printResult(context, await identityResult(identity, file));
  return EXIT.ok;
}
