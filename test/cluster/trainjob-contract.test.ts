import { describeOnCluster } from '../cluster-support/contract.ts';

describeOnCluster('trainjob');
