import type { Git } from '../ports/git.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Serving } from '../ports/serving.ts';
import type { Workspace } from '../ports/workspace.ts';

/** Everything activities reach the world through. */
export interface ActivityDeps {
  readonly git: Git;
  readonly jobs: Jobs;
  readonly workspace: Workspace;
  readonly serving: Serving;
  /** Queue that `resolve` writes into the plan: the one whose worker runs beside the site. */
  readonly taskQueue: string;
  /** Folder of Trainyard's own programs for the site's Python. */
  readonly assets: string;
  /** Author of output commits, `Name <mail>`. */
  readonly author: string;
}
