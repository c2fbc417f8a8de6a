import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { channelMaker } from '../../adapters/notify/create-channel.ts';
import type { EmailSettings } from '../../domain/notices/channel.ts';
import type { Told } from '../../domain/notices/delivery.ts';
import type { Message } from '../../ports/notifier.ts';
import { makeCertificate } from '../support/git-server/certificate.ts';
import { channelBasics, tempCredentials } from '../support/notice-channels.ts';
import { message } from '../support/notice-world.ts';

const PASSWORD = 'p4ssword-of-the-robot';

interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly secure: boolean;
  readonly user: string | undefined;
  readonly raw: string;
}

let folder: string;
let secrets: ReturnType<typeof tempCredentials>;
let mails: Mail[];
let server: SMTPServer | null;
let certificate: ReturnType<typeof makeCertificate>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-mail-'));
  certificate = makeCertificate(folder);
  secrets = tempCredentials();
  mails = [];
  server = null;
});
afterEach(async () => {
  const open = server;
  if (open !== null) await new Promise<void>((resolve) => open.close(resolve));
  secrets.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** A real mail server on this machine. Answers its port. */
async function startServer(options: SMTPServerOptions = {}): Promise<number> {
  const made = new SMTPServer({
    key: certificate.key,
    cert: certificate.cert,
    onAuth: ({ username, password }, _session, done) => {
      if (username === 'robot' && password === PASSWORD) done(null, { user: username });
      else done(Object.assign(new Error(`wrong password ${String(password)}`), { responseCode: 535 }));
    },
    onData: (stream, session, done) => {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          secure: session.secure,
          user: session.user,
          raw: Buffer.concat(parts).toString('utf8'),
        });
        done(null, 'queued as 42');
      });
    },
    ...options,
  });
  // A client that turns away for a reason of TLS is what some of these tests are about.
  made.on('error', () => {});
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return (made.server.address() as AddressInfo).port;
}

function settings(port: number, changes: Partial<EmailSettings> = {}): EmailSettings {
  return {
    ...channelBasics('mail'),
    kind: 'email',
    smtp: { host: '127.0.0.1', port, tls: 'starttls' },
    credential: 'smtp',
    from: 'Trainyard <robot@ml.example>',
    to: ['ann@ml.example', 'bob@ml.example'],
    ...changes,
  };
}

async function keepPassword(port: number, password = PASSWORD): Promise<void> {
  await secrets.credentials.set({ name: 'smtp', host: `127.0.0.1:${port}`, username: 'robot' }, password);
}

function send(one: EmailSettings, what: Message = message()): Promise<Told> {
  return channelMaker(secrets.credentials)(one).tell([what], new AbortController().signal);
}

function header(mail: Mail | undefined, name: string): string | undefined {
  const head = (mail?.raw ?? '').split('\r\n\r\n')[0] ?? '';
  const unfolded = head.replaceAll(/\r\n[ \t]+/g, ' ');
  return new RegExp(`^${name}: (.*)$`, 'im').exec(unfolded)?.[1];
}

describe('mail', () => {
  it('goes over TLS to a pinned certificate, logged in, to all receivers', async () => {
    const port = await startServer();
    await keepPassword(port);
    await secrets.credentials.trust(`127.0.0.1:${port}`, readFileSync(certificate.file, 'utf8'));
    expect(await send(settings(port))).toEqual({ ok: true, answer: expect.stringContaining('queued as 42') as string });
    expect(mails).toHaveLength(1);
    expect(mails[0]).toMatchObject({
      from: 'robot@ml.example',
      to: ['ann@ml.example', 'bob@ml.example'],
      secure: true,
      user: 'robot',
    });
  });

  it('is one conversation a run, of a list, with an id that a repetition has too', async () => {
    const port = await startServer({ authOptional: true });
    const plain = settings(port, { credential: null, smtp: { host: '127.0.0.1', port, tls: 'none' } });
    await send(plain);
    await send(plain);
    await send(plain, message({ key: 'msg_other', id: 'run-digits-abc234.started' }));
    await send(plain, message({ key: 'msg_third', thread: 'run-other-abc234' }));
    const [first, again, other, elsewhere] = mails;
    expect(header(first, 'Message-ID')).toBe('<msg_0123456789abcdef0123456789abcdef@ml.example>');
    expect(header(again, 'Message-ID')).toBe(header(first, 'Message-ID'));
    expect(header(other, 'Message-ID')).not.toBe(header(first, 'Message-ID'));
    for (const name of ['References', 'In-Reply-To']) {
      expect(header(first, name)).toMatch(/^<run-[0-9a-f]{32}@ml\.example>$/);
      expect(header(other, name)).toBe(header(first, name));
      expect(header(elsewhere, name)).not.toBe(header(first, name));
    }
    expect(header(first, 'List-Id')).toBe('<vision.trainyard.ml.example>');
    expect(header(first, 'Auto-Submitted')).toBe('auto-generated');
  });

  it('shows what a run says as text, in HTML too', async () => {
    const port = await startServer({ authOptional: true });
    const text = { ...message().text, title: '<b>x</b>', facts: [{ name: 'why', value: '<img src=x onerror=1>&' }] };
    await send(settings(port, { credential: null, smtp: { host: '127.0.0.1', port, tls: 'none' } }), {
      ...message(),
      text,
    });
    const raw = (mails[0]?.raw ?? '').replaceAll('=\r\n', '').replaceAll('=3D', '=');
    const [, html = ''] = raw.split('Content-Type: text/html');
    expect(html).toContain('&lt;img src=x onerror=1&gt;&amp;');
    expect(html).not.toContain('<img');
    expect(html).toContain('<pre>trainyard run get run-digits-abc234</pre>');
    expect(header(mails[0], 'Subject')).toBe('[Trainyard] <b>x</b>');
  });

  it('is not sent where the certificate is nobody’s, or where there is no TLS to be had', async () => {
    const port = await startServer();
    await keepPassword(port);
    expect(await send(settings(port))).toMatchObject({ ok: false, again: true });
    const open = server;
    if (open !== null) await new Promise<void>((resolve) => open.close(resolve));
    const bare = await startServer({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] });
    await keepPassword(bare);
    expect(await send(settings(bare))).toMatchObject({ ok: false, again: true });
    expect(mails).toEqual([]);
  });

  it('keeps the password out of the answer, also when the server sends it back', async () => {
    const port = await startServer();
    await keepPassword(port, 'wr0ng-password');
    await secrets.credentials.trust(`127.0.0.1:${port}`, readFileSync(certificate.file, 'utf8'));
    const told = await send(settings(port));
    expect(told).toMatchObject({ ok: false, again: true, answer: expect.stringContaining('535') as string });
    expect(told.answer).not.toContain('wr0ng-password');
  });

  it('that no receiver can get is not tried again; a server that is busy is', async () => {
    const answer = (responseCode: number): SMTPServerOptions => ({
      authOptional: true,
      onRcptTo: (_address, _session, done) => done(Object.assign(new Error('no such user'), { responseCode })),
    });
    const gone = await startServer(answer(550));
    const none = { credential: null, smtp: { host: '127.0.0.1', port: gone, tls: 'none' } } as const;
    expect(await send(settings(gone, none))).toMatchObject({ ok: false, again: false });
    const open = server;
    if (open !== null) await new Promise<void>((resolve) => open.close(resolve));
    const busy = await startServer(answer(451));
    const later = { credential: null, smtp: { host: '127.0.0.1', port: busy, tls: 'none' } } as const;
    expect(await send(settings(busy, later))).toMatchObject({ ok: false, again: true });
  });
});
