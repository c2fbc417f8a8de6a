import { describePreempted } from '../cluster-support/preempted-run.ts';

describePreempted(['volcano', 'trainjob', 'paddlejob']);
