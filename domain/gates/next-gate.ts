import type { Stage } from '../stage.ts';
import type { GatePlan } from './gate.ts';

/** The gate that stands right behind a stage of this run; `null` if there is none. */
export function gateBehind(
  stages: readonly Stage[],
  gates: readonly GatePlan[] | undefined,
  stage: Stage,
): GatePlan | null {
  const next = stages[stages.indexOf(stage) + 1];
  return gates?.find((gate) => gate.stage === next) ?? null;
}
