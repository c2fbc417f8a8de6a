/** The bundle's entry: every workflow type, and nothing else. */
export { janitor } from './janitor.ts';
export { slots } from './slots.ts';
export { trainingRun } from './training-run.ts';
