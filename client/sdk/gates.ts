import { createHash } from 'node:crypto';
import { userInfo } from 'node:os';
import { TrainyardError } from '../../domain/errors.ts';
import type { GatedStage, GateOffer, GateStatement, GateView } from '../../domain/gates/gate.ts';
import { GATE_UPDATE, VIEW_QUERY } from '../../domain/messages.ts';
import type { RunView } from '../../domain/run-state.ts';
import { canonicalDigest } from '../../spec/canonical-digest.ts';
import { isOver, isSilentWorker, reportFromFailure, toTrainyardError, workerMissing } from './failures.ts';
import { type Identity, signStatement } from './identity.ts';
import { listRuns, lookAt, type Runs } from './runs.ts';
import type { GateDecision, WaitingGates } from './types.ts';

/** Milliseconds a worker has to answer a decision, and a query of a list. */
const DECIDE_MS = 5_000;
const QUERY_MS = 3_000;
/** Runs that are asked at once for their gates, and at most. */
const AT_ONCE = 8;
const AT_MOST = 1_000;

/** The gate of a run that waits, or the one of a stage. Throws `TY_GATE_NOT_WAITING`. */
export function gateOf({ runId, gates = [] }: RunView, stage: GatedStage | undefined): GateView {
  const found = gates.find((gate) => (stage === undefined ? gate.state === 'waiting' : gate.stage === stage));
  const chosen = found ?? (stage === undefined ? gates.findLast(({ state }) => state !== 'ahead') : undefined);
  if (chosen !== undefined) return chosen;
  const states = gates.map((gate) => `before ${gate.stage}: ${gate.state}`);
  throw new TrainyardError(
    'TY_GATE_NOT_WAITING',
    stage === undefined ? `no gate of run ${runId} has been reached` : `run ${runId} has no gate before ${stage}`,
    { where: runId, why: states.length === 0 ? 'the run has no gates' : states.join(', ') },
  );
}

/**
 * What a gate shows, with a digest that is really that of what it shows: nobody signs one thing and sees another.
 * @throws TrainyardError `TY_GATE_NOT_WAITING`, `TY_GATE_CHANGED`
 */
export function offerOf(runId: string, { stage, offer }: GateView): GateOffer {
  if (offer === null) {
    throw new TrainyardError('TY_GATE_NOT_WAITING', `run ${runId} has not reached the gate before ${stage}`, {
      where: runId,
    });
  }
  const digest = canonicalDigest(offer.evidence);
  if (digest === offer.digest) return offer;
  throw new TrainyardError('TY_GATE_CHANGED', `the gate before ${stage} shows other evidence than it asks about`, {
    where: runId,
    why: `what it shows has the digest ${digest}, and it asks about ${offer.digest}`,
    fix: `trainyard run get ${runId} -o json, and have an administrator look at the worker`,
  });
}

/** Signs a decision and sends it; `null` where it was left as a signal. */
export async function decideGate(runs: Runs, runId: string, wish: GateDecision): Promise<GateView | null> {
  const { gate, digest } = await addressed(runs, runId, wish);
  const identity = await runs.identity();
  const said = {
    run: runId,
    gate,
    digest,
    actor: identity?.actor ?? userName(),
    decision: wish.decision,
    comment: wish.comment ?? null,
  };
  const statement = identity === null ? { ...said, signature: null } : signStatement(identity, said);
  if (wish.signal === true) await signal(runs, runId, statement);
  return wish.signal === true ? null : await update(runs, runId, statement, identity);
}

/** Which gate and which evidence are meant: looked up, unless both are named. */
async function addressed(
  runs: Runs,
  runId: string,
  { stage, digest }: GateDecision,
): Promise<{ readonly gate: GatedStage; readonly digest: string }> {
  if (stage !== undefined && digest !== undefined) return { gate: stage, digest };
  const { view, live } = await lookAt(runs, runId);
  if (!live && view.finishedAt === null) throw noWorker(runId, null);
  const gate = gateOf(view, stage);
  const offer = offerOf(runId, gate);
  if (digest === undefined || digest === offer.digest) return { gate: gate.stage, digest: offer.digest };
  throw new TrainyardError('TY_GATE_CHANGED', `the evidence at the gate before ${gate.stage} is another one`, {
    where: runId,
    why: `it is ${offer.digest}, not ${digest}`,
    fix: `trainyard gate show ${runId} ${gate.stage}`,
  });
}

async function update(
  runs: Runs,
  runId: string,
  statement: GateStatement,
  identity: Identity | null,
): Promise<GateView> {
  const { client, address } = runs;
  try {
    return await client.withDeadline(Date.now() + DECIDE_MS, () =>
      client.workflow.getHandle(runId).executeUpdate<GateView, [GateStatement]>(GATE_UPDATE, {
        args: [statement],
        updateId: updateIdOf(statement),
      }),
    );
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    if (isSilentWorker(error) || name === 'WorkflowUpdateRPCTimeoutOrCancelledError') throw noWorker(runId, error);
    if (name !== 'WorkflowUpdateFailedError' && !isOver(error)) throw toTrainyardError(error, { address, runId });
    throw refused(error, runId, identity);
  }
}

/** The server keeps it while no worker is up. Whether it counted is seen in the run. */
async function signal({ client, address }: Runs, runId: string, statement: GateStatement): Promise<void> {
  try {
    await client.withDeadline(Date.now() + DECIDE_MS, () =>
      client.workflow.getHandle(runId).signal(GATE_UPDATE, statement),
    );
  } catch (error) {
    if (isOver(error)) throw refused(error, runId, null);
    throw toTrainyardError(error, { address, runId });
  }
}

/** The same decision on the same evidence has the same id, so that one whose reply was lost can be sent again. */
function updateIdOf({ gate, digest, actor, decision }: GateStatement): string {
  const hash = createHash('sha256').update(JSON.stringify([gate, digest, actor, decision]));
  return `gate-${gate}-${hash.digest('hex').slice(0, 32)}`;
}

function refused(error: unknown, runId: string, identity: Identity | null): TrainyardError {
  const report = reportFromFailure(error);
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const why = report?.message ?? (cause instanceof Error ? cause.message : String(cause));
  return new TrainyardError(
    'TY_GATE_REFUSED',
    `run ${runId} did not take the decision`,
    {
      where: runId,
      why,
      fix: identity === null && /not signed/.test(why) ? 'trainyard identity create' : `trainyard gate show ${runId}`,
    },
    error,
  );
}

function noWorker(runId: string, cause: unknown): TrainyardError {
  const { code, message, details } = workerMissing(runId, null, cause);
  const fix = `trainyard gate show ${runId} once a worker is there, or leave the decision with Temporal: --signal, with the stage and --digest of what you saw`;
  return new TrainyardError(code, message, { ...details, why: 'a worker has to show and to check it', fix }, cause);
}

/** The gates that wait, over all open runs. Runs whose worker does not answer are named. */
export async function waitingGates(runs: Runs, limit = AT_MOST): Promise<WaitingGates> {
  const open = await listRuns(runs, { limit, query: 'ExecutionStatus = "Running"' });
  const waiting: WaitingGates['waiting'][number][] = [];
  const silent: string[] = [];
  const queue = [...open];
  const ask = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { runId, name } = next;
      const view = await viewOf(runs, runId);
      if (view === null) silent.push(runId);
      else waiting.push(...waitingOf(view).map((gate) => ({ runId, name, gate })));
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, open.length) }, ask));
  return { waiting: waiting.toSorted((a, b) => (a.gate.openedAt ?? '').localeCompare(b.gate.openedAt ?? '')), silent };
}

function waitingOf({ gates = [] }: RunView): readonly GateView[] {
  return gates.filter(({ state }) => state === 'waiting');
}

async function viewOf({ client, address }: Runs, runId: string): Promise<RunView | null> {
  try {
    return await client.withDeadline(Date.now() + QUERY_MS, () =>
      client.workflow.getHandle(runId).query<RunView>(VIEW_QUERY),
    );
  } catch (error) {
    if (isSilentWorker(error)) return null;
    throw toTrainyardError(error, { address, runId });
  }
}

/** Who decides without an identity: a name that nobody has checked. */
function userName(): string {
  try {
    return userInfo().username || 'somebody';
  } catch {
    return 'somebody';
  }
}
