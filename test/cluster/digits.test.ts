import { describeDigits } from '../cluster-support/digits.ts';

describeDigits(['volcano', 'trainjob', 'paddlejob']);
