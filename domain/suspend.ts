import { TrainyardError } from './errors.ts';

/** Update with one `SuspendRequest`; accepted only while a job of the run is under way. Answers the `RunStatus` afterwards. */
export const SUSPEND_UPDATE = 'suspend';

/** Stops a run's job so that it holds nothing of the cluster, or lets it begin again. */
export interface SuspendRequest {
  readonly action: 'suspend' | 'resume';
  /** Who asks, for whoever looks at the run. */
  readonly by?: string;
}

/** What a backend is asked to do with a job. */
export interface SuspendWish {
  readonly suspended: boolean;
  /** Who asks; `null` = it was not said. */
  readonly by: string | null;
}

/** Backends that can stop a job and start it anew under its name. */
const SUSPENDING: readonly string[] = ['kubernetes-job', 'volcano', 'trainjob'];

const BY_LENGTH = 100;

export function canSuspend(backend: string): boolean {
  return SUSPENDING.includes(backend);
}

/** The refusal of a backend that cannot suspend its jobs. */
export function suspendRefusal(backend: string): TrainyardError {
  return new TrainyardError('TY_BACKEND_SUSPEND', `jobs of the backend ${backend} cannot be suspended`, {
    where: `backend ${backend}`,
    why:
      backend === 'paddlejob'
        ? 'a PaddleJob can only be deleted'
        : 'its processes would keep the memory and the devices they have',
  });
}

/** The refusal for a job that is not there to be suspended or resumed. */
export function notSuspendable(job: string, why: string): TrainyardError {
  return new TrainyardError('TY_RUN_NOT_SUSPENDABLE', `job ${job} cannot be suspended or resumed`, {
    where: `job ${job}`,
    why,
  });
}

/** What is wrong with a request as it came over the wire; `null` = nothing. */
export function wrongWithSuspend({ action, by }: SuspendRequest): string | null {
  if (action !== 'suspend' && action !== 'resume') return `unknown action ${String(action)}: use suspend or resume`;
  if (by === undefined) return null;
  const printable = typeof by === 'string' && by !== '' && by.length <= BY_LENGTH && !/\p{Cc}/u.test(by);
  return printable ? null : `by is one line of at most ${BY_LENGTH} characters`;
}
