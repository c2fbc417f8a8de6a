import type { ErrorReport } from './errors.ts';
import type { Decision, GateOffer, GatedStage, GateView, Vote } from './gates/gate.ts';
import type { RunStatus } from './run-state.ts';
import type { Stage } from './stage.ts';

export const NOTICE_EVENTS = ['started', 'gate-waiting', 'gate-reminder', 'gate-decided', 'parked', 'ended'] as const;

export type NoticeEvent = (typeof NOTICE_EVENTS)[number];

/**
 * Something of a run that people outside are told. Written into the run's outbox by the activities that run anyway;
 * a dispatcher hands it to the channels, at least once, under its id. Never holds a secret.
 */
export interface Notice {
  /** `<run id>.<event>[.<stage>.<what tells two apart>]`: the same fact has the same id however often it is written. */
  readonly id: string;
  readonly event: NoticeEvent;
  /** RFC 3339. */
  readonly at: string;
  /** Not told before, RFC 3339; `null` = at once. A reminder whose gate is decided by then is never told. */
  readonly notBefore: string | null;
  readonly run: {
    readonly runId: string;
    readonly name: string;
    readonly displayName: string | null;
    readonly project: string;
    readonly template: string | null;
    /** Output branch. */
    readonly branch: string | null;
  };
  readonly stage: Stage | null;
  readonly status: RunStatus;
  readonly error: ErrorReport | null;
  /** Parked: until when somebody may mend it, RFC 3339. */
  readonly until?: string | null;
  readonly metrics: Readonly<Record<string, number>> | null;
  readonly gate: {
    readonly stage: GatedStage;
    readonly offer: GateOffer;
    readonly approvers: readonly string[];
    readonly until: string | null;
    readonly votes: readonly Vote[];
    /** Left out while it waits. */
    readonly decided?: { readonly decision: Decision; readonly by: NonNullable<GateView['by']> };
  } | null;
}
