import { describeSuspension } from '../cluster-support/suspend-suite.ts';

describeSuspension('kubernetes-job');
