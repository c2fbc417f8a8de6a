import { CLUSTER_BACKENDS } from '../../domain/pod-plan.ts';
import { describeLostAnswers } from '../cluster-support/api-faults.ts';

for (const kind of CLUSTER_BACKENDS) describeLostAnswers(kind);
