import { CLUSTER_BACKENDS } from '../../domain/pod-plan.ts';
import { describeEnds } from '../cluster-support/ended-jobs.ts';

for (const kind of CLUSTER_BACKENDS) describeEnds(kind);
