import { describeDigits } from '../cluster-support/digits.ts';

describeDigits(['kubernetes-job']);
