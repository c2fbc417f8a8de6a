import type { Git } from '../ports/git.ts';
import type { Handover } from '../ports/handover.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Serving } from '../ports/serving.ts';
import type { Workspace } from '../ports/workspace.ts';
import type { Identities } from '../spec/identity-settings.ts';
import type { Projects } from '../spec/project-settings.ts';
import type { Sites } from '../spec/site-settings.ts';

/** Everything activities reach the world through. */
export interface ActivityDeps {
  readonly git: Git;
  readonly jobs: Jobs;
  readonly workspace: Workspace;
  readonly serving: Serving;
  /** Only on a site whose pods do not see the workspace. */
  readonly handover?: Handover;
  /** Name of the site behind these ports; `local` = this machine. */
  readonly site: string;
  /** Every site there is: a spec may name another one. */
  readonly sites: Sites;
  /** Queue that `resolve` writes into the plan: the one whose worker runs beside the site. */
  readonly taskQueue: string;
  /** Folder of Trainyard's own programs for the site's Python. */
  readonly assets: string;
  /** Who may decide at gates, and with which keys. */
  readonly identities: Identities;
  /** What the runs of a project may take at once. */
  readonly projects: Projects;
  /** One person has this machine to themselves: what they decide need not be signed. Never on a shared worker. */
  readonly unsignedDecisions: boolean;
  /** Author of output commits, `Name <mail>`. */
  readonly author: string;
}
