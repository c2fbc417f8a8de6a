import type {
  Approver,
  Decision,
  GateOffer,
  GatePlan,
  GateStatement,
  GateView,
  RefusedStatement,
  Vote,
} from './gate.ts';
import { readStatement } from './read-statement.ts';
import { signatureHolds } from './statement.ts';

/** Refused statements that are kept; the oldest go first, so that nobody can fill a run's history. */
const KEPT_REFUSALS = 20;
const LONGEST_WORD = 100;

/** One gate of one run, from when it is reached. */
export interface GateState {
  readonly run: string;
  readonly plan: GatePlan;
  readonly offer: GateOffer;
  /** Who started the run, checked; `null` = nobody knows. */
  readonly requester: string | null;
  readonly state: 'waiting' | 'approved' | 'rejected';
  readonly by: GateView['by'];
  /** RFC 3339, as all times here. */
  readonly openedAt: string;
  readonly until: string | null;
  readonly decidedAt: string | null;
  readonly votes: readonly Vote[];
  readonly refused: readonly RefusedStatement[];
}

/** What opens a gate. */
export interface GateOpening {
  readonly run: string;
  readonly plan: GatePlan;
  readonly offer: GateOffer;
  readonly requester: string | null;
}

/** `repeated`: the statement was taken before, and nothing has changed. */
export type Judgement =
  | { readonly ok: true; readonly state: GateState; readonly repeated: boolean }
  | { readonly ok: false; readonly why: string };

/** A gate that is reached: decided at once where its metric decides, else it waits for people. `now`: RFC 3339. */
export function openGate({ run, plan, offer, requester }: GateOpening, now: string): GateState {
  const { deadlineSeconds } = plan;
  const state: GateState = {
    run,
    plan,
    offer,
    requester,
    state: 'waiting',
    by: null,
    openedAt: now,
    until: deadlineSeconds === null ? null : later(now, deadlineSeconds),
    decidedAt: null,
    votes: [],
    refused: [],
  };
  if (plan.metric === null) return state;
  // A metric that nobody checked does not hold.
  if (offer.check?.holds === true) return decided(state, 'approve', 'metric', now);
  return plan.otherwise === 'reject' ? decided(state, 'reject', 'metric', now) : state;
}

/**
 * Judges what somebody says about a gate; `statement` is whatever came over the wire. Changes nothing by itself: a
 * validator asks whether it is `ok`, a handler takes the state. The first decision is the one that counts.
 */
export function judge(state: GateState, statement: unknown, now: string): Judgement {
  const read = readStatement(statement);
  if (!read.ok) return read;
  const said = read.statement;
  const why = refusalOf(state, said);
  if (why !== null) return { ok: false, why };
  const { actor, decision, comment } = said;
  const before = state.votes.find((vote) => vote.actor === actor);
  if (before?.decision === decision) return { ok: true, state, repeated: true };
  if (state.state !== 'waiting') return { ok: false, why: closedText(state) };
  if (before?.decision === 'reject') return { ok: false, why: `${actor} has rejected it at ${before.at}` };
  const vote: Vote = { actor, decision, comment, verified: isVerified(state, said), at: now };
  // Who has approved may still reject: the vote is replaced, so that an actor has one.
  const votes = [...state.votes.filter((other) => other.actor !== actor), vote];
  return { ok: true, state: counted({ ...state, votes }, now), repeated: false };
}

/** The gate with a refused statement written down. */
export function refuse(state: GateState, statement: unknown, why: string, now: string): GateState {
  const refused = [...state.refused, refusedStatement(statement, why, now)].slice(-KEPT_REFUSALS);
  return { ...state, refused };
}

/** A statement that was not taken, as it is shown. Also for one about a gate that is not open. */
export function refusedStatement(statement: unknown, why: string, now: string): RefusedStatement {
  return { actor: wordAt(statement, 'actor'), decision: wordAt(statement, 'decision'), why, at: now };
}

/** The default decision, once the caller's timer says that it is time; a gate that is decided stays as it is. */
export function expire(state: GateState, now: string): GateState {
  if (state.state !== 'waiting' || state.until === null) return state;
  return decided(state, state.plan.onDeadline, 'deadline', now);
}

/** The gate as people see it. */
export function gateView({ plan, ...state }: GateState): GateView {
  const { state: name, by, offer, openedAt, until, decidedAt, votes, refused } = state;
  return { ...gateAhead(plan), state: name, by, offer, openedAt, until, decidedAt, votes, refused };
}

/** A gate that the run has not reached. */
export function gateAhead({ stage, approvers, quorum, onDeadline }: GatePlan): GateView {
  return {
    stage,
    state: 'ahead',
    by: null,
    offer: null,
    approvers: approvers.map(({ actor }) => actor),
    quorum,
    openedAt: null,
    until: null,
    onDeadline,
    decidedAt: null,
    votes: [],
    refused: [],
  };
}

/** Why a well-formed statement does not count; `null` if it does. */
function refusalOf(state: GateState, said: GateStatement): string | null {
  const { plan, offer, requester } = state;
  if (said.run !== state.run) return `it is about run ${said.run}, and this is ${state.run}`;
  if (said.gate !== plan.stage) return `it is about the gate before ${said.gate}, and the run is at ${plan.stage}`;
  const voted = state.votes.some(({ actor, decision }) => actor === said.actor && decision === said.decision);
  if (state.state !== 'waiting' && !voted) return closedText(state);
  if (said.digest !== offer.digest) return 'the evidence changed: look again, and decide on what you see then';
  const approver = approverOf(plan, said.actor);
  if (approver === null) return `${said.actor} is not an approver of this gate: ${namesOf(plan)}`;
  if (plan.notRequester && said.actor === requester) {
    return `${said.actor} started the run, and this gate wants somebody else to decide`;
  }
  if (plan.notRequester && requester === null && !plan.unsigned) {
    return 'nobody knows who started the run, and this gate wants somebody else to decide: start it with an identity';
  }
  return signatureFault(plan, approver, said);
}

function signatureFault(plan: GatePlan, approver: Approver, said: GateStatement): string | null {
  // Whoever has a key signs, so that nobody can speak in their name by leaving the signature out.
  if (plan.unsigned && approver.keys.length === 0) return null;
  if (said.signature === null)
    return `it is not signed: ${said.actor} signs with the identity of trainyard identity show`;
  if (signatureHolds(said, approver.keys)) return null;
  return approver.keys.length === 0
    ? `the settings had no key of ${said.actor} when the run was resolved`
    : `the signature is not by a key that ${said.actor} had when the run was resolved`;
}

function isVerified({ plan }: GateState, said: GateStatement): boolean {
  return signatureHolds(said, approverOf(plan, said.actor)?.keys ?? []);
}

/** Without approvers and with unsigned decisions, everyone of this machine is one. */
function approverOf(plan: GatePlan, actor: string): Approver | null {
  const found = plan.approvers.find((approver) => approver.actor === actor);
  if (found !== undefined) return found;
  return plan.unsigned && plan.approvers.length === 0 ? { actor, keys: [] } : null;
}

function namesOf(plan: GatePlan): string {
  return plan.approvers.map(({ actor }) => actor).join(', ') || 'there are none';
}

function counted(state: GateState, now: string): GateState {
  if (state.votes.some(({ decision }) => decision === 'reject')) return decided(state, 'reject', 'people', now);
  return state.votes.length >= state.plan.quorum ? decided(state, 'approve', 'people', now) : state;
}

function decided(state: GateState, decision: Decision, by: GateView['by'], now: string): GateState {
  return { ...state, state: decision === 'approve' ? 'approved' : 'rejected', by, decidedAt: now };
}

/** What somebody who comes too late hears: who decided, and when. */
function closedText({ plan, state, by, decidedAt, votes }: GateState): string {
  const decisive = votes.filter(({ decision }) => (decision === 'approve') === (state === 'approved'));
  const whom = by === 'people' ? decisive.map(({ actor }) => actor).join(', ') : `the ${by ?? 'gate'}`;
  return `the gate before ${plan.stage} is ${state} already: by ${whom} at ${decidedAt ?? '?'}`;
}

function wordAt(statement: unknown, key: string): string {
  const found: unknown =
    typeof statement === 'object' && statement !== null && Object.hasOwn(statement, key)
      ? (statement as Readonly<Record<string, unknown>>)[key]
      : undefined;
  return typeof found === 'string' ? found.slice(0, LONGEST_WORD).toWellFormed() : '';
}

function later(at: string, seconds: number): string {
  return new Date(Date.parse(at) + Math.round(seconds * 1000)).toISOString();
}
