import { CLUSTER_BACKENDS } from '../../domain/pod-plan.ts';
import { describeCrashes } from '../cluster-support/crashes.ts';

for (const kind of CLUSTER_BACKENDS) describeCrashes(kind);
