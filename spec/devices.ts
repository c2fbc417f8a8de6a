import { wantedDevices } from '../domain/accelerators.ts';
import type { AcceleratorPlan } from '../domain/pod-plan.ts';
import type { TrainingSpec } from './schema.ts';

/** The accelerators a spec asks for; an entry that is set to nothing asks for none. */
export function devicesOf(asked: TrainingSpec['compute']['accelerator']): readonly AcceleratorPlan[] {
  const plans = [asked ?? []].flat().map(({ profile, count, cores, memory }) => ({
    profile,
    count,
    cores: cores ?? null,
    memoryBytes: memory ?? null,
  }));
  return wantedDevices(plans);
}
