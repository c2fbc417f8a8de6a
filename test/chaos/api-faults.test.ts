import { CLUSTER_BACKENDS } from '../../domain/pod-plan.ts';
import { describeApiFaults } from '../cluster-support/api-faults.ts';

for (const kind of CLUSTER_BACKENDS) describeApiFaults(kind);
