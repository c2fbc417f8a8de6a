import type { Stage } from '../stage.ts';

/** Stages that a gate can stand before. */
export const GATED_STAGES = ['train', 'push', 'register'] as const;

export type GatedStage = (typeof GATED_STAGES)[number];

export function isGated(stage: Stage): stage is GatedStage {
  return (GATED_STAGES as readonly Stage[]).includes(stage);
}

export type Decision = 'approve' | 'reject';

/** Somebody who may decide: an actor of the settings, with the public keys it had when the run was resolved. */
export interface Approver {
  readonly actor: string;
  /** Ed25519 public keys, base64 of the 32 raw bytes (RFC 8032). */
  readonly keys: readonly string[];
}

/** Whose metrics a run is compared with: a run by id, or whatever the service of the run serves by then. */
export type GateBaseline = { readonly kind: 'run'; readonly run: string } | { readonly kind: 'serving' };

/** A gate as `resolve` makes it of the spec and the settings. Nothing that changes later touches a live run. */
export interface GatePlan {
  readonly stage: GatedStage;
  /** What `baseline` and `regress` of the metric mean; `null` = nothing. */
  readonly baseline: GateBaseline | null;
  /** Decides by itself while it holds; `null` = only people decide. */
  readonly metric: string | null;
  /** What happens when `metric` does not hold: people are asked, or the gate is closed. */
  readonly otherwise: 'ask' | 'reject';
  readonly approvers: readonly Approver[];
  /** Approvals it takes, N of the approvers. One rejection closes the gate. */
  readonly quorum: number;
  /** The actor that started the run may not decide. */
  readonly notRequester: boolean;
  /** Seconds until the default decision; `null` = it waits without end. */
  readonly deadlineSeconds: number | null;
  readonly onDeadline: Decision;
  /** Seconds between reminders; `null` = none. */
  readonly remindSeconds: number | null;
  /** Unsigned decisions count: only where one person has this machine to themselves. They are shown as unverified. */
  readonly unsigned: boolean;
}

/** What an approver is shown, and what a decision is bound to by its digest. */
export interface GateEvidence {
  readonly stage: GatedStage;
  /** Pinned commits or digests by source: `model`, `code`, `dataset`, `output` once pushed. */
  readonly commits: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, unknown>>;
  readonly metrics: Readonly<Record<string, number>> | null;
  readonly artifact: { readonly path: string; readonly sha256: string; readonly bytes: number } | null;
  /** What `regress` and `baseline` compare with. */
  readonly baseline: { readonly name: string; readonly metrics: Readonly<Record<string, number>> } | null;
}

/** Evidence on its way into the workflow. */
export interface GateOffer {
  readonly evidence: GateEvidence;
  /** sha256, hex, of the canonical evidence. */
  readonly digest: string;
  /** What the metric said; `null` = the gate has none. */
  readonly check: { readonly holds: boolean; readonly text: string } | null;
}

/** A signed word of one actor on one gate. */
export interface GateStatement {
  readonly run: string;
  readonly gate: GatedStage;
  readonly digest: string;
  readonly actor: string;
  readonly decision: Decision;
  readonly comment: string | null;
  /** Ed25519 over `statementBytes`, base64; `null` = unsigned. */
  readonly signature: string | null;
}

/** A statement that was taken. */
export interface Vote {
  readonly actor: string;
  readonly decision: Decision;
  readonly comment: string | null;
  /** False: nobody checked who said so. */
  readonly verified: boolean;
  /** RFC 3339, the workflow's clock. */
  readonly at: string;
}

/** A statement that was not taken, and why; kept, so that nothing is dropped in silence. */
export interface RefusedStatement {
  readonly actor: string;
  readonly decision: string;
  readonly why: string;
  readonly at: string;
}

/** A gate of a run as people see it. */
export interface GateView {
  readonly stage: GatedStage;
  /** `waiting`: for people. */
  readonly state: 'ahead' | 'waiting' | 'approved' | 'rejected';
  readonly by: 'metric' | 'people' | 'deadline' | null;
  readonly offer: GateOffer | null;
  readonly approvers: readonly string[];
  readonly quorum: number;
  /** RFC 3339. */
  readonly openedAt: string | null;
  readonly until: string | null;
  readonly onDeadline: Decision;
  readonly decidedAt: string | null;
  readonly votes: readonly Vote[];
  readonly refused: readonly RefusedStatement[];
}
