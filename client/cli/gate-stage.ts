import { TrainyardError } from '../../domain/errors.ts';
import { GATED_STAGES, type GatedStage } from '../../domain/gates/gate.ts';
import type { Language } from './context.ts';
import { texts } from './messages/texts.ts';

/** The stage that was named; `undefined` if none was. Throws `TY_CLI_USAGE`. */
export function stageArgument(given: string | undefined, lang: Language): GatedStage | undefined {
  if (given === undefined) return undefined;
  const found = GATED_STAGES.find((stage) => stage === given);
  if (found !== undefined) return found;
  const choices = GATED_STAGES.join(', ');
  throw new TrainyardError('TY_CLI_USAGE', texts(lang)('usage.badChoice', { name: 'STAGE', choices }), {
    where: 'STAGE',
  });
}
