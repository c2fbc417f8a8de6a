import type { JobPurpose } from '../domain/job.ts';
import type { RunPaths } from './workspace.ts';

/** A job and where what it left belongs. */
export interface BroughtJob {
  readonly runId: string;
  readonly name: string;
  readonly purpose: JobPurpose;
}

/**
 * How files come to and from pods that do not see the workspace. Everything is found by a key and written once: what is
 * there is whole, and a second try changes nothing of it. Throws `TY_SITE_HANDOVER`, `TY_HANDOVER_*`.
 */
export interface Handover {
  /** Whether something can be left there and taken from there, by the worker. */
  check(): Promise<void>;
  /** Puts the folder of this name where replicas find it. */
  lend(key: string, parent: string, folder: string): Promise<void>;
  /** Brings what a job that ended well left, into the workspace; false = there is nothing whole. Once brought, free. */
  bring(job: BroughtJob, paths: RunPaths): Promise<boolean>;
  /** Key of what training left; `null` = no training job of this run has been brought. */
  trained(runId: string, paths: RunPaths): Promise<string | null>;
  /** Removes what the jobs of a run left there. */
  forget(runId: string): Promise<void>;
}
