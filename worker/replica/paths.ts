import { REPLICA_PATHS } from '../../domain/replica-plan.ts';

/** Folders of a pod as Trainyard's program sees them; a test has others. */
export interface ReplicaPaths {
  readonly volume: string;
  readonly credentials: string;
  readonly store: string;
  readonly private: string;
}

export const POD: ReplicaPaths = REPLICA_PATHS;
