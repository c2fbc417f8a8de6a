import { randomUUID } from 'node:crypto';
import { createFileCredentials, credentialFolder } from '../../adapters/credentials/file-credentials.ts';
import { channelMaker } from '../../adapters/notify/create-channel.ts';
import { createOutbox } from '../../adapters/store/outbox.ts';
import { TrainyardError } from '../../domain/errors.ts';
import type { Announced } from '../../ports/outbox.ts';
import type { Settings } from '../../spec/settings.ts';
import { testMessage } from './to-message.ts';

/** What a channel said to a test. */
export interface TriedChannel {
  readonly channel: string;
  readonly kind: string;
  readonly ok: boolean;
  readonly answer: string;
}

/** Sends a message that says it is a test. Throws `TY_NOTIFY_UNKNOWN`, `TY_NOTIFY_CREDENTIAL`, `TY_GIT_CREDENTIAL_MISSING`. */
export async function tryChannel(
  { notifications }: Pick<Settings, 'notifications'>,
  env: NodeJS.ProcessEnv,
  name: string,
  signal: AbortSignal,
): Promise<TriedChannel> {
  const settings = Object.hasOwn(notifications, name) ? notifications[name] : undefined;
  if (settings === undefined) {
    const known = Object.keys(notifications).toSorted().join(', ');
    throw new TrainyardError('TY_NOTIFY_UNKNOWN', `there is no channel "${name}"`, {
      where: 'notifications, in the settings',
      why: known === '' ? 'they have none at all' : `channels of the settings: ${known}`,
    });
  }
  const credentials = createFileCredentials({ folder: credentialFolder(env) });
  const channel = channelMaker(credentials)(settings);
  const message = testMessage(settings, new Date().toISOString(), randomUUID());
  const { ok, answer } = await channel.tell([message], signal);
  return { channel: name, kind: settings.kind, ok, answer };
}

/** Everything a run announced and what became of it, from the workspaces that this machine sees. */
export async function deliveriesOf(settings: Settings, runId: string): Promise<readonly Announced[]> {
  const sites = Object.values(settings.sites).map(({ workspace }) => workspace.root);
  for (const root of new Set([settings.workspace, ...sites])) {
    const found = await createOutbox(root).ofRun(runId);
    if (found.length > 0) return found;
  }
  return [];
}
