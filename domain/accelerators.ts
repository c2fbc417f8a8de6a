import type { AcceleratorPlan } from './pod-plan.ts';

/** Profiles that give out the same devices, whole or in shares: a pod that asks for two of them gets neither. */
const SAME_DEVICES: readonly string[] = ['nvidia', 'hami', 'alauda-hami', 'volcano-vgpu'];

/** Those that are asked for at all. */
export function wantedDevices(asked: readonly AcceleratorPlan[]): readonly AcceleratorPlan[] {
  return asked.filter((one) => one.count !== null || one.cores !== null || one.memoryBytes !== null);
}

/** Names of profiles that exclude each other; empty if all can be had together. */
export function excludedProfiles(asked: readonly AcceleratorPlan[]): readonly string[] {
  const names = wantedDevices(asked).map((one) => one.profile);
  const same = names.filter((name) => SAME_DEVICES.includes(name));
  if (same.length > 1) return same;
  return names.filter((name, index) => names.indexOf(name) !== index);
}
