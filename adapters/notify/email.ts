import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createTransport } from 'nodemailer';
import type { EmailSettings } from '../../domain/notices/channel.ts';
import type { Told } from '../../domain/notices/delivery.ts';
import { plainLine, type NoticeText } from '../../domain/notices/text.ts';
import type { Credentials } from '../../ports/credentials.ts';
import type { Channel, Message } from '../../ports/notifier.ts';
import { readSecret, redact, requireHost, type Secret } from './secret.ts';

const TIMEOUT_MS = 10_000;
const LONGEST_ANSWER = 200;

/** Refusals that another credential would mend: they are no verdict on the message. */
const AUTHENTICATION = [530, 534, 535, 538];

/** Mail: one message a notice, all of a run in one conversation. */
export function createEmail(settings: EmailSettings, credentials: Credentials): Channel {
  return {
    name: settings.name,
    kind: settings.kind,
    batch: 1,
    spacingMs: 200,
    tell: async ([message]) => {
      const secret = settings.credential === null ? null : await readSecret(credentials, settings.credential);
      if (secret !== null) requireMailHost(secret, settings.smtp);
      const transport = await open(settings, credentials, secret);
      try {
        const sent = await transport.sendMail(mailOf(settings, message));
        const turnedDown = sent.rejected.length === 0 ? '' : `; not taken for ${sent.rejected.length} of them`;
        return { ok: true, answer: plainLine(`${sent.response}${turnedDown}`, LONGEST_ANSWER) };
      } catch (error) {
        return refusedBy(error, secret === null ? [] : [secret.value, encoded(secret.value)]);
      } finally {
        transport.close();
      }
    },
  };
}

async function open({ smtp }: EmailSettings, credentials: Credentials, secret: Secret | null) {
  const { host, port, tls } = smtp;
  const pinned = await pinnedFor(credentials, smtp);
  return createTransport({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    tls: { minVersion: 'TLSv1.2', rejectUnauthorized: true, ...(pinned === null ? {} : { ca: pinned }) },
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: 2 * TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(secret === null ? {} : { auth: { user: secret.username, pass: secret.value } }),
  });
}

async function pinnedFor(credentials: Credentials, { host, port }: EmailSettings['smtp']): Promise<string | null> {
  const path =
    (await credentials.trustedCertificate(`${host}:${port}`)) ?? (await credentials.trustedCertificate(host));
  return path === null ? null : await readFile(path, 'utf8');
}

/** A credential of a mail server names it with its port or without. */
function requireMailHost(secret: Secret, { host, port }: EmailSettings['smtp']): void {
  const name = host.toLowerCase();
  if (secret.host !== `${name}:${port}`) requireHost(secret, name);
}

function mailOf({ from, to }: EmailSettings, message: Message) {
  const { text, key, thread, project, at } = message;
  const domain = from.slice(from.lastIndexOf('@') + 1).replace(/>.*$/, '');
  const root = `<run-${digest(thread)}@${domain}>`;
  return {
    from,
    to: [...to],
    subject: `[Trainyard] ${text.title}`,
    date: new Date(at),
    messageId: `<${key}@${domain}>`,
    // The first of a run answers a mail that nobody has: readers group by it all the same, whichever comes first.
    inReplyTo: root,
    references: root,
    headers: {
      'List-Id': `<${label(project)}.trainyard.${domain}>`,
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
    },
    text: plainText(text),
    html: htmlOf(text),
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function refusedBy(error: unknown, secrets: readonly string[]): Told {
  const { responseCode, response, code } = error as { responseCode?: unknown; response?: unknown; code?: unknown };
  const said = typeof response === 'string' ? response : `it cannot be reached: ${String(code ?? 'no reason given')}`;
  const final = typeof responseCode === 'number' && responseCode >= 550 && !AUTHENTICATION.includes(responseCode);
  return { ok: false, again: !final, waitMs: null, answer: plainLine(redact(said, secrets), LONGEST_ANSWER) };
}

function plainText(text: NoticeText): string {
  const { title, facts, labels, next, link } = text;
  const lines = facts.map(({ name, value }) => `${name}: ${value}`);
  const page = link === null ? [] : ['', `${labels.page}: ${link}`];
  return [title, '', ...lines, '', `${labels.next}:`, ...next.map((command) => `  ${command}`), ...page, ''].join('\n');
}

function htmlOf({ title, facts, labels, next, link }: NoticeText): string {
  const rows = facts.map(({ name, value }) => `<tr><th align="left">${html(name)}</th><td>${html(value)}</td></tr>`);
  const page = link === null ? '' : `<p><a href="${html(link)}">${html(labels.page)}</a></p>`;
  const commands = next.map(html).join('\n');
  return `<h3>${html(title)}</h3><table>${rows.join('')}</table><p>${html(labels.next)}</p><pre>${commands}</pre>${page}`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function html(text: string): string {
  return text.replaceAll(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
}

function label(project: string): string {
  return (
    project
      .toLowerCase()
      .replaceAll(/[^a-z0-9-]+/g, '-')
      .slice(0, 63) || 'default'
  );
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function encoded(secret: string): string {
  return Buffer.from(secret).toString('base64');
}
