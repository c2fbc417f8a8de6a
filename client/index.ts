/**
 * Trainyard as a typed library: start, watch and cancel runs from one's own TypeScript.
 * Speaks to Temporal directly, over gRPC alone.
 * @example
 * import { connect } from 'trainyard';
 * const trainyard = await connect();
 * const run = await trainyard.start({ name: 'digits', model: { repo }, recipe: { kind: 'torchrun', script: 'train.py' } });
 * for await (const view of run.watch()) console.log(view.stage, view.status);
 * await trainyard.close();
 */
export { connect } from './sdk/trainyard.ts';
export type {
  CancelOptions,
  ConnectOptions,
  GateDecision,
  GetOptions,
  ListOptions,
  RunHandle,
  RunSummary,
  StartOptions,
  SuspendOptions,
  Trainyard,
  WaitingGates,
  WatchOptions,
} from './sdk/types.ts';
export type { RemoveOptions, RerunOptions, ResubmitOptions, RunsAgain } from './sdk/again-types.ts';
export type { Identity } from './sdk/identity.ts';
export { identityPath, newIdentity, readIdentity } from './sdk/identity.ts';
export type { GateEvidence, GateOffer, GateView, Vote } from '../domain/gates/gate.ts';
export type { RepairRequest } from '../domain/messages.ts';
export type { FailureCause, StepName } from '../domain/job.ts';
export type { RunRecord } from '../domain/record.ts';
export type { OutputView, RunStatus, RunView, ServiceView, StageStatus, StageView } from '../domain/run-state.ts';
export type { Lineage, RerunStage } from '../domain/rerun.ts';
export type { Stage } from '../domain/stage.ts';
export { TrainyardError } from '../domain/errors.ts';
export type { ErrorCode, ErrorDetails, ErrorReport, SpecIssue } from '../domain/errors.ts';
