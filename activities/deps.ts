import type { Git } from '../ports/git.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Serving } from '../ports/serving.ts';
import type { Workspace } from '../ports/workspace.ts';
import type { Sites } from '../spec/site-settings.ts';

/** Everything activities reach the world through. */
export interface ActivityDeps {
  readonly git: Git;
  readonly jobs: Jobs;
  readonly workspace: Workspace;
  readonly serving: Serving;
  /** Name of the site behind these ports; `local` = this machine. */
  readonly site: string;
  /** Every site there is: a spec may name another one. */
  readonly sites: Sites;
  /** Queue that `resolve` writes into the plan: the one whose worker runs beside the site. */
  readonly taskQueue: string;
  /** Folder of Trainyard's own programs for the site's Python. */
  readonly assets: string;
  /** Author of output commits, `Name <mail>`. */
  readonly author: string;
}
