import { TrainyardError } from '../../domain/errors.ts';
import type { RunSummary, Trainyard } from '../index.ts';
import type { CommandContext } from './context.ts';
import { texts } from './messages/texts.ts';

/** Ids that `run start` makes are complete; anything shorter is looked up. */
const WHOLE_ID = /^run-.+-[a-z2-7]{6}$/;

/** The run that was meant: the latest if none is named, else the one id that begins so. Throws `TY_RUN_NOT_FOUND`. */
export async function resolveRun(context: CommandContext, given: string | undefined): Promise<string> {
  if (given !== undefined && (WHOLE_ID.test(given) || !/^[A-Za-z0-9][-\w.:@/]*$/.test(given))) return given;
  const sdk = await context.sdk();
  const say = texts(context.lang);
  if (given === undefined) {
    const [latest] = await sdk.list({ limit: 1 });
    if (latest !== undefined) return latest.runId;
    throw new TrainyardError('TY_RUN_NOT_FOUND', say('run.none'), { fix: 'trainyard run start' });
  }
  const found = await startingWith(sdk, given);
  if (found.some(({ runId }) => runId === given)) return given;
  const [only, another] = found;
  if (only === undefined) throw notFound(given);
  if (another === undefined) return only.runId;
  throw new TrainyardError('TY_CLI_USAGE', say('run.ambiguous', { given }), {
    where: given,
    why: found.map(({ runId }) => runId).join(', '),
    fix: `trainyard run get ${only.runId}`,
  });
}

/** Both `run-digits` and the bare name `digits` lead to `run-digits-…`. */
async function startingWith(sdk: Trainyard, given: string): Promise<readonly RunSummary[]> {
  const query = [given, `run-${given}`].map((start) => `WorkflowId STARTS_WITH "${start}"`).join(' OR ');
  return sdk.list({ limit: 6, query });
}

function notFound(given: string): TrainyardError {
  return new TrainyardError('TY_RUN_NOT_FOUND', `there is no run that begins with ${given}`, { where: given });
}
