/** Names and payloads of what a run's workflow listens to. Plain values: both sides import them. */
export const WORKFLOW_TYPE = 'trainingRun';

/** Query without arguments; answers a `RunView`. */
export const VIEW_QUERY = 'view';

/** Update with one `RepairRequest`; accepted only while the run is parked. Answers the new `RunStatus`. */
export const REPAIR_UPDATE = 'repair';

/** How a person answers a parked run. */
export interface RepairRequest {
  readonly action: 'retry' | 'skip' | 'abort';
  readonly comment?: string;
  /** With `retry`: `path=value`, put into the run's spec; only fields that no stage that is done has read. */
  readonly set?: readonly string[];
}

/** Signal without arguments: whoever cancels does not want to wait for the grace of what is being ended. */
export const FORCE_SIGNAL = 'force';

/**
 * Update with one `GateStatement`, answers the `GateView`; also the Signal of that name, which the server keeps while no
 * worker is up.
 */
export const GATE_UPDATE = 'gateDecision';

/** Type of the workflow that hands out the slots of a project; one a project, `slots-<project>`. */
export const SLOTS_WORKFLOW = 'slots';

/** Signal to it with a `SlotWish` and the `SlotRules` of now. */
export const ASK_SLOT = 'askSlot';

/** Signal to it with the run that needs its slot no more. */
export const FREE_SLOT = 'freeSlot';

/** Memo with a `SignedRequester`: who says to have started the run. */
export const REQUESTER_MEMO = 'trainyardRequester';

export interface SignedRequester {
  readonly actor: string;
  /** Ed25519 over `requesterBytes`, base64. */
  readonly signature: string;
}

/** Input of the workflow: a spec as a user wrote it, parsed again by the first activity. */
export type TrainingRunInput = unknown;

/** Search attributes, all Keyword. */
export const SEARCH_ATTRIBUTES = {
  project: 'TrainyardProject',
  name: 'TrainyardName',
  stage: 'TrainyardStage',
  backend: 'TrainyardBackend',
  site: 'TrainyardSite',
  template: 'TrainyardTemplate',
  trigger: 'TrainyardTrigger',
  modelRepo: 'TrainyardModelRepo',
  datasetRepo: 'TrainyardDatasetRepo',
} as const;

/** Task queue of workflows and light activities, unless settings say otherwise. */
export const DEFAULT_TASK_QUEUE = 'trainyard';
