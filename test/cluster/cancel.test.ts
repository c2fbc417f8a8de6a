import { CLUSTER_BACKENDS } from '../../domain/pod-plan.ts';
import { describeCancels } from '../cluster-support/cancels.ts';

for (const kind of CLUSTER_BACKENDS) describeCancels(kind);
