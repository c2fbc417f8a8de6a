import { describePreempted } from '../cluster-support/preempted-run.ts';

describePreempted(['kubernetes-job']);
