import { describeSuspension } from '../cluster-support/suspend-suite.ts';

describeSuspension('volcano');
describeSuspension('trainjob');
