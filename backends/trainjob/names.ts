import { TrainyardError } from '../../domain/errors.ts';

/** What a TrainJob runs besides its nodes: each is a Job of its own, and its pods' names are longer. */
export type TrainJobInitializer = 'model-initializer' | 'dataset-initializer';

/** Longest pod name the API server takes; a Job's own pods end in five characters that it draws. */
const POD_NAME = 63;
const SUFFIX = '-01234'.length;

/**
 * The longest name a TrainJob may have. A longer one passes the TrainJob's own checks; its JobSet is then refused
 * and no condition says so.
 */
export function longestTrainJobName(nodes: number, initializers: readonly TrainJobInitializer[] = []): number {
  const lastIndex = String(Math.max(0, nodes - 1));
  const tails = [`-node-0-${lastIndex}`, ...initializers.map((name) => `-${name}-0-0`)];
  return POD_NAME - SUFFIX - Math.max(...tails.map((tail) => tail.length));
}

/** Throws `TY_BACKEND_NAME` for a name that would be accepted and then never run. */
export function checkTrainJobName(
  name: string,
  nodes: number,
  initializers: readonly TrainJobInitializer[] = [],
): void {
  const longest = longestTrainJobName(nodes, initializers);
  if (/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name) && name.length <= longest) return;
  throw new TrainyardError('TY_BACKEND_NAME', `${name} cannot name a TrainJob of ${nodes} nodes`, {
    where: name,
    why: `at most ${longest} lower-case letters, digits and "-", starting with a letter`,
  });
}
