import { TrainyardError } from '../domain/errors.ts';
import {
  type Approver,
  type GateBaseline,
  GATED_STAGES,
  type GatedStage,
  type GatePlan,
} from '../domain/gates/gate.ts';
import { GROUP_PREFIX, type GateSpec, SERVING } from './fields/gates.ts';
import type { Identities } from './identity-settings.ts';
import type { TrainingSpec } from './schema.ts';

export interface GatePolicy {
  /** One person has this machine to themselves: unsigned decisions count, and a gate needs no approvers. */
  readonly unsigned: boolean;
  /** Who started the run, as `requesterOf` tells; `null` = nobody knows. */
  readonly requester: string | null;
}

/**
 * Gates as a run keeps them, in the order of their stages: groups become people, people bring the keys they have now.
 * What nobody could ever decide is refused here, before anything is spent.
 * @throws TrainyardError `TY_GATE_APPROVERS`, `TY_GATE_REQUESTER`
 */
export function planGates(gates: TrainingSpec['gates'], identities: Identities, policy: GatePolicy): GatePlan[] {
  return GATED_STAGES.flatMap((stage) => {
    const gate = gates?.[stage];
    return gate === undefined ? [] : [planGate(stage, gate, identities, policy)];
  });
}

function planGate(stage: GatedStage, gate: GateSpec, identities: Identities, policy: GatePolicy): GatePlan {
  const approvers = approversOf(stage, gate, identities);
  const plan: GatePlan = {
    stage,
    baseline: baselineOf(gate),
    metric: gate.metric ?? null,
    otherwise: gate.otherwise ?? 'ask',
    approvers,
    quorum: gate.quorum,
    notRequester: gate.requester === undefined ? approvers.length > 0 : gate.requester === 'refused',
    deadlineSeconds: gate.deadline,
    onDeadline: gate.default,
    remindSeconds: gate.remind,
    unsigned: policy.unsigned,
  };
  const asksPeople = plan.metric === null || plan.otherwise === 'ask';
  if (asksPeople) requireDecidable(plan, policy);
  return plan;
}

/** Without a name it is what the service of the run serves, where it serves anything. */
function baselineOf({ baseline = SERVING }: GateSpec): GateBaseline {
  return baseline === SERVING ? { kind: 'serving' } : { kind: 'run', run: baseline };
}

function approversOf(stage: GatedStage, { approvers }: GateSpec, identities: Identities): readonly Approver[] {
  const names = approvers.flatMap((name) => {
    if (!name.startsWith(GROUP_PREFIX)) return [name];
    const group = name.slice(GROUP_PREFIX.length);
    const members = Object.keys(identities).filter((actor) => identities[actor]?.groups.includes(group));
    if (members.length > 0) return members;
    const known = new Set(Object.values(identities).flatMap(({ groups }) => groups));
    throw unknown(stage, `nobody of the settings is in group "${group}"`, 'groups', [...known], {
      fix: `identities: { NAME: { keys: […], groups: [${group}] } } in ~/.config/trainyard/config.yaml of the worker; trainyard identity create NAME prints the lines`,
    });
  });
  return [...new Set(names)].map((actor) => {
    const found = Object.hasOwn(identities, actor) ? identities[actor] : undefined;
    if (found !== undefined) return { actor, keys: found.keys };
    throw unknown(stage, `there is no "${actor}" in the settings`, 'people', Object.keys(identities), {
      fix: `trainyard identity create ${actor}, and put the lines it prints into ~/.config/trainyard/config.yaml of the worker`,
    });
  });
}

function requireDecidable({ stage, approvers, quorum, notRequester, unsigned }: GatePlan, policy: GatePolicy): void {
  if (approvers.length === 0 && !unsigned) {
    throw refused(stage, 'nobody may decide at this gate', {
      why: 'it names no approvers, and this worker does not serve one person alone',
      fix: `gates.${stage}.approvers: [NAME, group:NAME], or metric with otherwise: reject`,
    });
  }
  const mute = approvers.find(({ keys }) => keys.length === 0);
  if (mute !== undefined && !unsigned) {
    throw refused(stage, `${mute.actor} has no key in the settings, and could not sign a decision`, {
      fix: `trainyard identity create ${mute.actor}, and put the lines it prints into ~/.config/trainyard/config.yaml of the worker`,
    });
  }
  if (notRequester && policy.requester === null && !unsigned) {
    throw new TrainyardError('TY_GATE_REQUESTER', 'nobody knows who started the run', {
      where: `gates.${stage}.requester`,
      why: 'this gate wants somebody else than the requester to decide, and the start was not signed by anybody of the settings',
    });
  }
  const deciders = approvers.filter(({ actor }) => !notRequester || actor !== policy.requester);
  if (approvers.length === 0 || deciders.length >= quorum) return;
  throw refused(stage, `quorum ${quorum} can never be reached`, {
    why: `who may decide: ${deciders.map(({ actor }) => actor).join(', ') || 'nobody'}${
      deciders.length < approvers.length ? `; not ${policy.requester ?? ''}, who started the run` : ''
    }`,
    fix: `name more approvers, or a quorum of at most ${Math.max(1, deciders.length)}, in gates.${stage}`,
  });
}

function unknown(
  stage: GatedStage,
  message: string,
  what: string,
  known: readonly string[],
  details: { readonly fix: string },
): TrainyardError {
  const why = `${what} there: ${known.toSorted().join(', ') || 'none'}`;
  return refused(stage, message, { why, ...details });
}

function refused(
  stage: GatedStage,
  message: string,
  details: { readonly why?: string; readonly fix: string },
): TrainyardError {
  return new TrainyardError('TY_GATE_APPROVERS', message, { where: `gates.${stage}.approvers`, ...details });
}
