import { describeFailures } from '../cluster-support/failures.ts';

// PaddleCloud tells nobody why it makes no pod.
describeFailures('paddlejob', { except: ['pod-quota'] });
