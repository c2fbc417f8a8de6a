import { describeFailures } from '../cluster-support/failures.ts';

describeFailures('volcano');
