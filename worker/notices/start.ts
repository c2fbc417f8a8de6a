import { createFileCredentials, credentialFolder } from '../../adapters/credentials/file-credentials.ts';
import { channelMaker } from '../../adapters/notify/create-channel.ts';
import { createOutbox } from '../../adapters/store/outbox.ts';
import { runUrl } from '../../domain/run-link.ts';
import type { Watch } from '../../ports/jobs.ts';
import type { Settings } from '../../spec/settings.ts';
import { dispatchNotices } from '../dispatch-notices.ts';
import type { Logger } from '../logger.ts';

export interface NoticeOptions {
  readonly settings: Pick<Settings, 'notifications'>;
  readonly env: NodeJS.ProcessEnv;
  readonly namespace: string;
  /** Temporal's page; `null` = what the environment says. */
  readonly ui: string | null;
  readonly logger: Logger;
}

/** Tells people of the runs of one workspace. */
export type StartNotices = (workspaceRoot: string) => Watch;

export function noticesOf({ settings, env, namespace, ui, logger }: NoticeOptions): StartNotices {
  const credentials = createFileCredentials({ folder: credentialFolder(env) });
  const page = ui ?? (env['TEMPORAL_UI_URL'] || null);
  return (root) =>
    dispatchNotices({
      outbox: createOutbox(root),
      channels: Object.values(settings.notifications),
      makeChannel: channelMaker(credentials),
      pageOf: (runId) => (page === null ? null : runUrl(page, namespace, runId)),
      logger,
    });
}
