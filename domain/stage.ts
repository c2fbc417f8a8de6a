/** The stages of a run, in order. */
export const STAGES = ['resolve', 'fetch', 'train', 'package', 'push', 'register'] as const;

export type Stage = (typeof STAGES)[number];

/** Stages a spec can switch off. */
export const OPTIONAL_STAGES: readonly Stage[] = ['package', 'push', 'register'];
