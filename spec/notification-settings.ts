import { z } from 'zod';
import { NOTICE_EVENTS } from '../domain/notice.ts';
import type { ChannelSettings, MailTls } from '../domain/notices/channel.ts';
import { duration } from './fields/duration.ts';

const channelName = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/, {
  error: 'must be the name of a channel: at most 40 lower-case letters, digits and "-"',
});

const credentialName = z.string().regex(/^[a-z0-9][-a-z0-9._]{0,62}$/, {
  error: 'must be the name of a credential (trainyard credential list), not a secret or an address',
});

const pattern = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}]*$/u, { error: 'must be one line' });
const patterns = z.union([pattern.transform((one) => [one]), z.array(pattern).min(1).max(50)], {
  error: 'must be a pattern such as sft-*, or a list of these',
});

/** Parts may hold anything but what ends an address or a header. */
const mailAddress = z.string().regex(/^[^\s@<>,;:"'\\()[\]]{1,64}@[A-Za-z0-9]([-A-Za-z0-9.]{0,250}[A-Za-z0-9])?$/, {
  error: 'must be a mail address such as ml@example.com',
});
const sender = z
  .string()
  .regex(
    /^([^<>"\p{Cc}]{1,80} <[^\s@<>,;:"'\\()[\]]{1,64}@[A-Za-z0-9]([-A-Za-z0-9.]{0,250}[A-Za-z0-9])?>|[^\s@<>,;:"'\\()[\]]{1,64}@[A-Za-z0-9]([-A-Za-z0-9.]{0,250}[A-Za-z0-9])?)$/u,
    {
      error: 'must be a mail address such as ml@example.com, or Name <ml@example.com>',
    },
  );

const hostName = z.string().regex(/^[A-Za-z0-9]([-A-Za-z0-9.]{0,251}[A-Za-z0-9])?$/, {
  error: 'must be the name of a host, such as mail.example.com',
});

const webhookUrl = z
  .string()
  .max(2000)
  .regex(/^https?:\/\/[^/?#@\s\p{Cc}]+([/?][^\s#\p{Cc}]*)?$/u, {
    error: 'must be https://host/path, without a user name, a password or a "#"',
  });

const basics = {
  events: z
    .array(z.enum(NOTICE_EVENTS))
    .min(1)
    .default([...NOTICE_EVENTS])
    .describe('What is told; left out, everything'),
  projects: patterns.optional().describe('Only runs of these projects; `*` stands for anything'),
  templates: patterns.optional().describe('Only runs of these templates'),
  branches: patterns.optional().describe('Only runs with such an output branch'),
  onlyFailures: z.boolean().default(false).describe('Of the runs that end, only those that failed'),
  onlyChanges: z
    .boolean()
    .default(false)
    .describe('Of the runs that end, only those that end otherwise than the run of the same name before'),
  language: z.enum(['en', 'zh']).default('en').describe('Language of the messages'),
  minSpacing: duration
    .default(0)
    .describe('Time between two messages; what happens meanwhile is told together where the channel can'),
};

const plainHttp = z.boolean().default(false).describe('Whether the address may be http on another machine');

function chat<K extends 'dingtalk' | 'feishu'>(kind: K) {
  return z.strictObject({
    kind: z.literal(kind),
    credential: credentialName.describe('Credential that holds the address of the robot'),
    signing: credentialName.optional().describe('Credential that holds the secret for signatures'),
    plainHttp,
    ...basics,
  });
}

const LOCAL = ['localhost', '127.0.0.1', '[::1]'];
const PORTS: Readonly<Record<MailTls, number>> = { implicit: 465, starttls: 587, none: 25 };

const email = z
  .strictObject({
    kind: z.literal('email'),
    smtp: z.strictObject({
      host: hostName.describe('Mail server'),
      port: z.int().min(1).max(65_535).optional().describe('Left out, 465 for implicit, 587 for starttls, 25 for none'),
      tls: z.enum(['implicit', 'starttls', 'none']).default('starttls').describe('`none` is plain text'),
    }),
    credential: credentialName.optional().describe('Credential with user name and password of the mail server'),
    from: sender.describe('Sender'),
    to: z.array(mailAddress).min(1).max(50).describe('Receivers'),
    ...basics,
  })
  .refine(({ smtp, credential }) => smtp.tls !== 'none' || credential === undefined || LOCAL.includes(smtp.host), {
    path: ['smtp', 'tls'],
    error: 'must not be none with a credential: the password would be readable on the way',
  });

const webhook = z
  .strictObject({
    kind: z.literal('webhook'),
    url: webhookUrl.describe('Receiver of signed webhooks'),
    credential: credentialName.describe('Credential that holds the secret, `whsec_…`'),
    plainHttp,
    ...basics,
  })
  .refine(
    ({ url, plainHttp: http }) => http || !url.startsWith('http:') || LOCAL.includes(URL.parse(url)?.hostname ?? ''),
    {
      path: ['url'],
      error: 'must be https, or plainHttp must be true: what is told could be read on the way',
    },
  );

const channel = z.discriminatedUnion('kind', [
  webhook,
  z.strictObject({
    kind: z.literal('slack'),
    credential: credentialName.describe('Credential that holds the address of the incoming webhook'),
    plainHttp,
    ...basics,
  }),
  chat('dingtalk'),
  chat('feishu'),
  email,
]);

/** `notifications:` of the settings file. */
export const notificationsField = z
  .record(channelName, channel)
  .describe('Channels through which people are told what happens to runs, by name');

/** Channels by name. */
export type Notifications = Readonly<Record<string, ChannelSettings>>;

/** The channels of several layers of the settings, the later ones replacing those of the same name. */
export function mergeNotifications(
  layers: readonly (z.output<typeof notificationsField> | undefined)[],
): Notifications {
  const all = layers.flatMap((layer) => Object.entries(layer ?? {}));
  return Object.fromEntries(all.map(([name, written]) => [name, filledIn(name, written)]));
}

function filledIn(name: string, written: z.output<typeof channel>): ChannelSettings {
  const { events, projects, templates, branches, onlyFailures, onlyChanges, language, minSpacing } = written;
  const filter = {
    events,
    projects: projects ?? null,
    templates: templates ?? null,
    branches: branches ?? null,
    onlyFailures,
    onlyChanges,
  };
  const common = { name, language, filter, minSpacingSeconds: minSpacing };
  switch (written.kind) {
    case 'webhook': {
      const { kind, url, credential, plainHttp: http } = written;
      return { ...common, kind, url, credential, plainHttp: http };
    }
    case 'slack': {
      const { kind, credential, plainHttp: http } = written;
      return { ...common, kind, credential, signing: null, plainHttp: http };
    }
    case 'dingtalk':
    case 'feishu': {
      const { kind, credential, signing, plainHttp: http } = written;
      return { ...common, kind, credential, signing: signing ?? null, plainHttp: http };
    }
    case 'email': {
      const { kind, smtp, credential, from, to } = written;
      const port = smtp.port ?? PORTS[smtp.tls];
      return { ...common, kind, smtp: { ...smtp, port }, credential: credential ?? null, from, to };
    }
  }
}
