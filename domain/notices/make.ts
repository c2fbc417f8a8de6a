import type { ErrorReport } from '../errors.ts';
import type { GateView } from '../gates/gate.ts';
import type { Notice, NoticeEvent } from '../notice.ts';
import type { RunView } from '../run-state.ts';
import type { Stage } from '../stage.ts';

/** The part of a plan, or of its summary, that a notice names its run by. */
export interface NamedRun {
  readonly runId: string;
  readonly name: string;
  readonly displayName: string | null;
  readonly project: string;
  readonly template?: string | null;
  readonly output: { readonly branch: string } | null;
}

/** A gate that nobody decides is reminded of this often at most: more would teach people to look away. */
const MOST_REMINDERS = 30;

/** The run has a plan and begins. @param at RFC 3339 */
export function startedNotice(run: NamedRun, at: string): Notice {
  return notice(run, 'started', [], { at, status: 'running' });
}

/** The run is over. @param view the one it ended with */
export function endedNotice(run: NamedRun, view: RunView): Notice {
  const { status, error, stage } = view;
  const metrics = metricsOf(view.metrics);
  return notice(run, 'ended', [], { at: view.finishedAt ?? view.createdAt, status, stage, error, metrics });
}

/** What parked it, and until when it waits. */
export interface ParkedFacts {
  readonly stage: Stage;
  readonly error: ErrorReport;
  /** RFC 3339. */
  readonly at: string;
  /** RFC 3339. */
  readonly until: string | null;
}

/** The run waits for somebody who mends it. */
export function parkedNotice(run: NamedRun, { stage, error, at, until }: ParkedFacts): Notice {
  return notice(run, 'parked', [stage, compact(at)], { at, status: 'parked', stage, error, until });
}

/** The gate waits for people. Evidence that changes makes another notice: it needs a new look. */
export function gateWaitingNotice(run: NamedRun, gate: GateView): Notice {
  const shown = shownGate(gate);
  return gateNotice(run, 'gate-waiting', [shortDigest(shown)], gate, { at: gate.openedAt ?? '', notBefore: null });
}

/** One a span until the gate's deadline, all written when it opens: nobody need be awake for them. */
export function gateReminderNotices(run: NamedRun, gate: GateView, everySeconds: number): readonly Notice[] {
  const digest = shortDigest(shownGate(gate));
  const opened = Date.parse(gate.openedAt ?? '');
  const until = gate.until === null ? Infinity : Date.parse(gate.until);
  const reminders: Notice[] = [];
  for (let number = 1; number <= MOST_REMINDERS; number += 1) {
    const due = opened + number * everySeconds * 1000;
    if (!(due < until)) break;
    const when = { at: gate.openedAt ?? '', notBefore: new Date(due).toISOString() };
    reminders.push(gateNotice(run, 'gate-reminder', [digest, String(number)], gate, when));
  }
  return reminders;
}

/** The gate is open or closed, by whomever. */
export function gateDecidedNotice(run: NamedRun, gate: GateView): Notice {
  const digest = gate.offer === null ? 'unseen' : shortDigest(gate.offer);
  return gateNotice(run, 'gate-decided', [digest], gate, { at: gate.decidedAt ?? '', notBefore: null });
}

function gateNotice(
  run: NamedRun,
  event: NoticeEvent,
  marks: readonly string[],
  gate: GateView,
  when: { readonly at: string; readonly notBefore: string | null },
): Notice {
  const { stage, approvers, until, votes, state, by } = gate;
  const decision = state === 'approved' ? 'approve' : state === 'rejected' ? 'reject' : null;
  const decided = decision === null || by === null ? {} : { decided: { decision, by } as const };
  const shown = gate.offer === null ? null : { stage, offer: gate.offer, approvers, until, votes, ...decided };
  const metrics = metricsOf(gate.offer?.evidence.metrics ?? null);
  return notice(run, event, [stage, ...marks], { ...when, status: 'running', stage, metrics, gate: shown });
}

function shownGate(gate: GateView): { readonly digest: string } {
  if (gate.offer === null) throw new Error(`the gate before ${gate.stage} waits, but nothing was shown`);
  return gate.offer;
}

function shortDigest({ digest }: { readonly digest: string }): string {
  return digest.slice(0, 12);
}

function notice(
  run: NamedRun,
  event: NoticeEvent,
  marks: readonly string[],
  rest: Pick<Notice, 'at' | 'status'> & Partial<Notice>,
): Notice {
  return {
    id: [run.runId, event, ...marks].join('.'),
    event,
    notBefore: null,
    run: {
      runId: run.runId,
      name: run.name,
      displayName: run.displayName,
      project: run.project,
      template: run.template ?? null,
      branch: run.output?.branch ?? null,
    },
    stage: null,
    error: null,
    metrics: null,
    gate: null,
    ...rest,
  };
}

function metricsOf(metrics: Readonly<Record<string, number>> | null): Notice['metrics'] {
  return metrics === null || Object.keys(metrics).length === 0 ? null : metrics;
}

/** A time as it can stand in a name: `20261123T101112345Z`. */
function compact(at: string): string {
  return at.replace(/[^0-9TZ]/g, '');
}
