import { GATED_STAGES } from '../domain/gates/gate.ts';
import { GROUP_PREFIX, type GateSpec } from './fields/gates.ts';
import type { TrainingSpec } from './schema.ts';

type Fault = readonly [path: string, message: string];

/** What a gate asks that the rest of the spec does not give. */
export function gateFaults(spec: TrainingSpec): Fault[] {
  return GATED_STAGES.flatMap((stage) => {
    const gate = spec.gates?.[stage];
    if (gate === undefined) return [];
    const path = `gates.${stage}`;
    const off = switchedOff(spec)[stage];
    return [
      ...(off === null ? [] : [[path, `stands before a stage that is switched off: ${off} is left out`] as const]),
      ...metricFaults(spec, gate, stage).map(([field, message]) => [`${path}.${field}`, message] as const),
      ...approverFaults(gate).map(([field, message]) => [`${path}.${field}`, message] as const),
    ];
  });
}

/** The field that is left out, where a stage is off. */
function switchedOff({ output, serve }: TrainingSpec): Readonly<Record<(typeof GATED_STAGES)[number], string | null>> {
  return {
    train: null,
    push: output ? null : 'output',
    register: serve && serve.kind !== 'none' ? null : 'serve',
  };
}

function metricFaults({ evaluate }: TrainingSpec, { metric, otherwise }: GateSpec, stage: string): Fault[] {
  if (metric === undefined) {
    return otherwise === undefined ? [] : [['otherwise', 'needs metric: it says what happens when that does not hold']];
  }
  if (stage === 'train') return [['metric', 'has nothing to look at: there are no metrics before training']];
  return evaluate ? [] : [['metric', 'needs evaluate: it looks at the metrics of the packaged artifact']];
}

function approverFaults({ approvers, quorum, otherwise }: GateSpec): Fault[] {
  const people = new Set(approvers);
  if (people.size === 0) return quorum > 1 ? [['quorum', 'needs approvers']] : [];
  if (otherwise === 'reject') return [['approvers', 'are never asked: otherwise is reject']];
  // How many a group has is known where the settings are.
  const groups = approvers.some((name) => name.startsWith(GROUP_PREFIX));
  return !groups && quorum > people.size ? [['quorum', `must be at most ${people.size}, its approvers`]] : [];
}
