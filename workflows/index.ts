/** The bundle's entry: every workflow type, and nothing else. */
export { trainingRun } from './training-run.ts';
