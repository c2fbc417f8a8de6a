import type { Plan } from './plan.ts';
import { STAGES, type Stage } from './stage.ts';

/** The stages a plan has switched on, in order. */
export function planStages(plan: Pick<Plan, 'package' | 'output' | 'serve'>): readonly Stage[] {
  const off: Partial<Record<Stage, boolean>> = {
    package: plan.package === null,
    push: plan.output === null,
    register: plan.serve === null,
  };
  return STAGES.filter((stage) => off[stage] !== true);
}
