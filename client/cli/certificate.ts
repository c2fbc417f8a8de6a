import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { DetailedPeerCertificate } from 'node:tls';
import { TrainyardError } from '../../domain/errors.ts';

/** What a person needs to see before trusting a certificate. */
export interface ShownCertificate {
  readonly subject: string;
  readonly issuer: string;
  readonly validFrom: string;
  readonly validTo: string;
  /** SHA-256, pairs of hex digits with colons. */
  readonly fingerprint: string;
  readonly pem: string;
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

const CONNECT_MS = 10_000;

/** `git.example.com`, `git.example.com:8443`, `[::1]:8443`. Throws `TY_CLI_USAGE`. */
export function parseHost(text: string): HostPort {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9][-A-Za-z0-9.]*))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? 443);
  if (host !== undefined && port > 0 && port < 65_536) return { host, port };
  throw new TrainyardError('TY_CLI_USAGE', `"${text}" is not a host`, {
    where: 'HOST',
    why: 'host or host:port, without https:// and path',
    fix: 'trainyard credential trust git.example.com',
  });
}

/** The certificate a server shows. Nothing is sent, and nothing is trusted by this. Throws `TY_GIT_UNREACHABLE`. */
export function fetchCertificate({ host, port }: HostPort, signal: AbortSignal): Promise<ShownCertificate> {
  return new Promise((done, fail) => {
    const refuse = (why: string): void => {
      socket.destroy();
      fail(
        new TrainyardError('TY_GIT_UNREACHABLE', `${host}:${port} shows no certificate`, {
          where: `${host}:${port}`,
          why,
        }),
      );
    };
    // Verification is off for this one handshake only: the certificate is to be shown because it is not trusted yet.
    const socket = connect({
      host,
      port,
      rejectUnauthorized: false,
      ...(isIP(host) === 0 ? { servername: host } : {}),
    });
    socket.setTimeout(CONNECT_MS, () => refuse('no answer within 10 s'));
    socket.once('error', (error) => refuse(error.message));
    signal.addEventListener('abort', () => refuse('interrupted'), { once: true });
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerCertificate(true);
      socket.end();
      if (certificate.raw === undefined) refuse('the server has none');
      else done(shown(certificate));
    });
  });
}

function shown(certificate: DetailedPeerCertificate): ShownCertificate {
  const body = certificate.raw
    .toString('base64')
    .replace(/(.{64})/g, '$1\n')
    .trimEnd();
  return {
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    validFrom: certificate.valid_from,
    validTo: certificate.valid_to,
    fingerprint: certificate.fingerprint256,
    pem: `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`,
  };
}

function nameOf(name: Readonly<Record<string, unknown>>): string {
  return Object.entries(name)
    .map(([key, value]) => `${key}=${Array.isArray(value) ? value.join('+') : String(value)}`)
    .join(', ');
}
