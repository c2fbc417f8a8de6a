import { createHmac } from 'node:crypto';
import type { WebhookSettings } from '../../domain/notices/channel.ts';
import type { Credentials } from '../../ports/credentials.ts';
import type { Channel, Message } from '../../ports/notifier.ts';
import { refusal } from './address.ts';
import { judgeStatus, post } from './post.ts';
import { readSecret, requireHost, unusable } from './secret.ts';

/** Source: the Standard Webhooks specification: headers, signed content, form of secrets. */
export function createWebhook(settings: WebhookSettings, credentials: Credentials, now: () => number): Channel {
  return {
    name: settings.name,
    kind: settings.kind,
    // A receiver tells repetitions by the id of one message.
    batch: 1,
    spacingMs: 0,
    tell: async ([message], signal) => {
      const url = new URL(settings.url);
      const secret = await readSecret(credentials, settings.credential);
      const why = refusal(url, settings.plainHttp);
      if (why !== null) throw unusable(secret.name, url.host, why);
      requireHost(secret, url.host);
      const key = keyOf(secret.value);
      if (key === null)
        throw unusable(secret.name, url.host, 'it does not look like whsec_ and 24 to 64 bytes in base64');
      const body = JSON.stringify(toEvent(message));
      const timestamp = Math.floor(now() / 1000);
      const headers = signedHeaders(key, message.key, timestamp, body);
      return await post({ url, body, headers, secrets: [secret.value] }, signal, judgeStatus);
    },
  };
}

/** The three headers over `{id}.{timestamp}.{body}`. @param timestamp seconds since 1970 */
export function signedHeaders(key: Buffer, id: string, timestamp: number, body: string): Record<string, string> {
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': `v1,${signature}` };
}

/** The bytes of `whsec_<base64>`; `null` if it is none, or of a length that the specification does not allow. */
export function keyOf(secret: string): Buffer | null {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
  if (encoded === undefined) return null;
  const key = Buffer.from(encoded, 'base64');
  return key.length >= 24 && key.length <= 64 ? key : null;
}

/** The attributes of CloudEvents 1.0. */
function toEvent({ id, type, at, thread, project, text, data }: Message): unknown {
  return {
    specversion: '1.0',
    id,
    source: `/projects/${encodeURIComponent(project)}`,
    type,
    subject: thread,
    time: at,
    datacontenttype: 'application/json',
    data: { title: text.title, next: text.next, link: text.link, notice: data },
  };
}
