import type { Machine, Plan } from './part.mjs';

export const ALL_PARTS: readonly string[];
export const CODE_PARTS: readonly string[];
export const KUBE_PARTS: readonly string[];
export const CLUSTER_PARTS: readonly string[];
export function prepare(
  machine: Machine,
  names: readonly string[],
  planners?: Readonly<Record<string, (machine: Machine) => Plan | Promise<Plan>>>,
): Promise<Record<string, string>>;
