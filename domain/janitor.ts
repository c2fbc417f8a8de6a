/** Name of the workflow type that tidies a site up; a schedule of each site's queue runs it. */
export const JANITOR_TYPE = 'janitor';

/** How often a site is tidied up, seconds. */
export const JANITOR_SECONDS = 600;

export interface JanitorInput {
  /** Queue of the worker beside the site. */
  readonly siteQueue: string;
}

/** What was done for tidiness. Lists are cut after `SHOWN_NAMES`. */
export interface Swept {
  /** Jobs of runs that are over, which were ended. */
  readonly orphans: readonly string[];
  /** Ended jobs of which nothing is left on the cluster any more. */
  readonly removed: readonly string[];
  /** Runs of which nothing is left in the workspace, and those of which only the outputs went. */
  readonly runs: readonly string[];
  readonly outputs: readonly string[];
  /** What could not be done; the next time tries it again. */
  readonly troubles: readonly string[];
}

/** The step of the janitor. */
export interface JanitorActivities {
  sweepSite(): Promise<Swept>;
}

export const SHOWN_NAMES = 100;

/** Of a site's queue; the server adds the time to the ids of the workflows. */
export function janitorIds(siteQueue: string): { readonly schedule: string; readonly workflow: string } {
  return { schedule: `trainyard-janitor-${siteQueue}`, workflow: `janitor-${siteQueue}` };
}
