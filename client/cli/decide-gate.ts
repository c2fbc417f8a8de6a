import { TrainyardError } from '../../domain/errors.ts';
import type { Decision, GatedStage, GateView } from '../../domain/gates/gate.ts';
import { gateOf, offerOf } from '../sdk/gates.ts';
import { identityPath, readIdentity } from '../sdk/identity.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { gateLines, stateText } from './gate-lines.ts';
import { stageArgument } from './gate-stage.ts';
import { isSet, textOf } from './input.ts';
import type { CommandInput } from './input.ts';
import { texts } from './messages/texts.ts';
import { printResult, tell } from './output.ts';
import { confirm } from './prompt.ts';
import { resolveRun } from './run-ref.ts';
import { cleanText } from './terminal/text.ts';
import type { Ended } from './tree.ts';

/** What is decided on, of which gate. */
interface Subject {
  readonly runId: string;
  readonly stage: GatedStage;
  readonly digest: string;
}

/** Shows what is decided on, asks, signs, and tells how the gate stands then. */
export async function decideGate(context: CommandContext, input: CommandInput, decision: Decision): Promise<Ended> {
  const say = texts(context.lang);
  const subject = await look(context, input);
  const [run, { stage }] = [cleanText(subject.runId), subject];
  const action = `gate ${decision} ${run} ${stage}`;
  const question = say(decision === 'approve' ? 'ask.approve' : 'ask.reject', { run, stage });
  if (!(await confirm(context, question, action))) {
    tell(context, say('ask.declined'));
    return EXIT.declined;
  }
  if ((await readIdentity(identityPath(context.env))) === null) tell(context, say('gate.unsigned'));
  const gate = await send(context, input, subject, decision);
  const line =
    gate === null
      ? say('gate.left', { run, stage })
      : gate.state === 'waiting'
        ? say('gate.counted', { run, stage, votes: gate.votes.length, quorum: gate.quorum })
        : say('gate.taken', { run, stage, state: stateText(gate, say) });
  await printResult(context, {
    data: { ...subject, gate },
    names: [subject.runId],
    lines: () => [cleanText(line)],
  });
  return EXIT.ok;
}

/** The gate that is meant, shown to whoever decides; with `--signal`, a stage and a digest nobody is asked. */
async function look(context: CommandContext, input: CommandInput): Promise<Subject> {
  const { lang, errorColour: colour } = context;
  const stage = stageArgument(input.args[1], lang);
  const runId = await resolveRun(context, input.args[0]);
  const digest = textOf(input, 'digest');
  if (isSet(input, 'signal') && stage !== undefined && digest !== undefined) return { runId, stage, digest };
  const gate = gateOf(await (await context.sdk()).get(runId), stage);
  const offer = offerOf(runId, gate);
  tell(context, ...gateLines(runId, gate, { lang, colour, now: new Date() }), '');
  // What was looked at just now is what the decision is about, unless somebody says what they saw before.
  return { runId, stage: gate.stage, digest: digest ?? offer.digest };
}

async function send(
  context: CommandContext,
  input: CommandInput,
  { runId, stage, digest }: Subject,
  decision: Decision,
): Promise<GateView | null> {
  const sdk = await context.sdk();
  const comment = textOf(input, 'comment');
  const wish = { decision, stage, digest, ...(comment === undefined ? {} : { comment }) };
  if (isSet(input, 'signal')) return sdk.decide(runId, { ...wish, signal: true });
  try {
    return await sdk.decide(runId, wish);
  } catch (error) {
    if (!(error instanceof TrainyardError) || error.code !== 'TY_WORKER_MISSING') throw error;
    const fix = `trainyard gate ${decision} ${runId} ${stage} --digest ${digest} --signal`;
    const asked = context.interactive && (await confirm(context, texts(context.lang)('ask.signal'), `${fix} --yes`));
    if (asked) return sdk.decide(runId, { ...wish, signal: true });
    throw new TrainyardError(error.code, error.message, { ...error.details, fix }, error);
  }
}
