import { condition, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';
import { expire, gateView, judge, openGate, refuse, refusedStatement } from '../domain/gates/decide.ts';
import type { GateState } from '../domain/gates/decide.ts';
import type { GateOffer, GatePlan, GatedStage, GateView } from '../domain/gates/gate.ts';
import { GATED_STAGES, isGated } from '../domain/gates/gate.ts';
import { GATE_UPDATE } from '../domain/messages.ts';
import type { RunEvent } from '../domain/run-reducer.ts';
import type { Stage } from '../domain/stage.ts';
import { toFailure } from './failures.ts';
import type { RunContext } from './run-context.ts';
import { giveBackSlot, takeSlot } from './take-slot.ts';

const decisionUpdate = defineUpdate<GateView, [unknown]>(GATE_UPDATE);
const decisionSignal = defineSignal<[unknown]>(GATE_UPDATE);

/** How people let a run pass. */
export interface Gates {
  /**
   * Waits before a stage until its gate is open, and answers what was decided; `null` without a gate. The same evidence
   * is decided once, other evidence anew. Fails with `TY_GATE_REJECTED`.
   */
  pass(context: RunContext, stage: Stage): Promise<GateView | null>;
}

/** Sets the handlers of update and signal; synchronously, before anything is awaited. */
export function createGates(apply: (event: RunEvent) => void): Gates {
  const book = new GateBook(apply);
  setHandler(decisionUpdate, (statement) => book.take(statement), {
    validator: (statement) => {
      const why = book.faultOf(statement);
      if (why !== null) throw new Error(why);
    },
  });
  // Nobody hears an answer to a signal: what is refused is written down instead.
  setHandler(decisionSignal, (statement) => {
    const why = book.faultOf(statement);
    if (why === null) book.take(statement);
    else book.refuse(statement, why);
  });
  return { pass: (context, stage) => (isGated(stage) ? pass(book, context, stage) : Promise.resolve(null)) };
}

async function pass(book: GateBook, context: RunContext, stage: GatedStage): Promise<GateView | null> {
  const plan = context.summary.gates?.find((gate) => gate.stage === stage);
  if (plan === undefined) return null;
  const offer =
    context.offers.get(stage) ?? (await context.activities.offerGate({ runId: context.summary.runId, stage }));
  context.offers.set(stage, offer);
  const open = book.open(context, plan, offer);
  const waits = open.state === 'waiting';
  if (waits) await giveBackSlot(context);
  await untilDecided(book, open);
  const gate = book.viewOf(stage);
  if (waits && gate.state === 'approved') await takeSlot(context);
  if (gate.state === 'approved') return gate;
  throw toFailure({
    code: 'TY_GATE_REJECTED',
    message: `the gate before ${stage} was rejected by ${whoOf(gate)}`,
    where: `gate before ${stage}`,
    ...whyOf(gate),
  });
}

async function untilDecided(book: GateBook, { plan, state }: GateState): Promise<void> {
  if (state !== 'waiting') return;
  const decided = (): boolean => !book.isWaiting(plan.stage);
  if (plan.deadlineSeconds === null) return await condition(decided);
  const inTime = await condition(decided, plan.deadlineSeconds * 1000);
  if (!inTime) book.expire(plan.stage);
}

function whoOf({ by, votes }: GateView): string {
  const actors = votes.filter(({ decision }) => decision === 'reject').map(({ actor }) => actor);
  return by === 'people' ? actors.join(', ') : `its ${by ?? 'rule'}`;
}

function whyOf({ votes, offer, by }: GateView): { readonly why?: string } {
  const comment = votes.findLast(({ decision }) => decision === 'reject')?.comment;
  const why = by === 'people' ? comment : by === 'metric' ? offer?.check?.text : 'nobody decided in time';
  return why === null || why === undefined ? {} : { why };
}

/** The gates of one run. */
class GateBook {
  readonly #states = new Map<GatedStage, GateState>();
  readonly #apply: (event: RunEvent) => void;

  constructor(apply: (event: RunEvent) => void) {
    this.#apply = apply;
  }

  /** Opens a gate, or finds what was decided on the same evidence. */
  open(context: RunContext, plan: GatePlan, offer: GateOffer): GateState {
    const before = this.#states.get(plan.stage);
    if (before?.state === 'approved' && before.offer.digest === offer.digest) return before;
    const { runId, requester } = context.summary;
    const opened = openGate({ run: runId, plan, offer, requester: requester ?? null }, context.now());
    return this.#set({ ...opened, refused: before?.refused ?? [] });
  }

  /** Why a statement does not count now; `null` if it does. Changes nothing. */
  faultOf(statement: unknown): string | null {
    const state = this.#addressed(statement);
    if (state === null) return 'no gate of this run has been reached that it could be about';
    const judged = judge(state, statement, this.#now());
    return judged.ok ? null : judged.why;
  }

  /** Takes a statement that has no fault. */
  take(statement: unknown): GateView {
    const state = this.#addressed(statement);
    const judged = state === null ? null : judge(state, statement, this.#now());
    if (judged?.ok !== true) throw toFailure({ code: 'TY_GATE_REFUSED', message: judged?.why ?? 'no gate waits' });
    return gateView(this.#set(judged.state));
  }

  refuse(statement: unknown, why: string): void {
    const state = this.#addressed(statement);
    if (state !== null) this.#set(refuse(state, statement, why, this.#now()));
    else this.#apply({ type: 'decision-refused', refused: refusedStatement(statement, why, this.#now()) });
  }

  expire(stage: GatedStage): void {
    const state = this.#states.get(stage);
    if (state !== undefined) this.#set(expire(state, this.#now()));
  }

  isWaiting(stage: GatedStage): boolean {
    return this.#states.get(stage)?.state === 'waiting';
  }

  viewOf(stage: GatedStage): GateView {
    const state = this.#states.get(stage);
    if (state === undefined) throw toFailure({ code: 'TY_INTERNAL', message: `the gate before ${stage} is not open` });
    return gateView(state);
  }

  #set(state: GateState): GateState {
    this.#states.set(state.plan.stage, state);
    this.#apply({ type: 'gate', gate: gateView(state) });
    return state;
  }

  /** The gate a statement names, else the one that waits. */
  #addressed(statement: unknown): GateState | null {
    const named: unknown = typeof statement === 'object' && statement !== null && 'gate' in statement && statement.gate;
    const stage = GATED_STAGES.find((one) => one === named);
    const found = stage === undefined ? undefined : this.#states.get(stage);
    return found ?? [...this.#states.values()].find(({ state }) => state === 'waiting') ?? null;
  }

  #now(): string {
    return new Date().toISOString();
  }
}
