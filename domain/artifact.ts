import type { Plan } from './plan.ts';

/** Path of the packaged module inside the pushed tree: Triton's model repository layout, version 1. */
export function artifactPath(plan: Pick<Plan, 'name' | 'serve'>): string {
  return `${plan.serve?.model ?? plan.name}/1/model.torchscript`;
}
