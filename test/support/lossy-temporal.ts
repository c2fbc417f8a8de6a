import {
  connect,
  createServer,
  constants,
  type ClientHttp2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';

/** A way to Temporal that loses answers: the call is made, and who made it hears that the stream was broken off. */
export interface LossyTemporal {
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** Which share of answers is lost from now on, 0 to 1. */
  lose(share: number): void;
  /** Answers that were lost, by method. */
  readonly lost: ReadonlyMap<string, number>;
  /** Calls that were made while answers were being lost. */
  calls(): number;
  close(): Promise<void>;
}

/** Who waits for work is never answered at once, and asks again whatever happens. */
const POLL = /\/Poll[A-Za-z]*Queue$/;
/** Belong to one connection, not to a call. */
const OWN = new Set(['connection', 'keep-alive', 'transfer-encoding']);

export async function startLossyTemporal(target: string): Promise<LossyTemporal> {
  const lost = new Map<string, number>();
  const sessions = new Set<ServerHttp2Session | ClientHttp2Session>();
  const keep = <T extends ServerHttp2Session | ClientHttp2Session>(session: T): T => {
    sessions.add(session);
    session.on('error', () => undefined);
    session.once('close', () => sessions.delete(session));
    return session;
  };
  let share = 0;
  let calls = 0;
  const server = createServer();
  server.on('session', (session) => {
    keep(session);
    // One connection onward for each that comes: what ends one ends the other.
    const onward = keep(connect(`http://${target}`));
    session.once('close', () => onward.destroy());
    onward.once('close', () => session.destroy());
    session.on('stream', (stream, headers) => {
      const method = String(headers[':path'] ?? '');
      const counts = share > 0 && !POLL.test(method);
      if (counts) calls += 1;
      const loses = counts && Math.random() < share;
      if (loses) lost.set(method, (lost.get(method) ?? 0) + 1);
      forward(onward, stream, headers, loses);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    lose: (next) => {
      share = next;
    },
    lost,
    calls: () => calls,
    close: async () => {
      for (const session of sessions) session.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function forward(
  session: ClientHttp2Session,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  loses: boolean,
): void {
  const breakOff = (): void => stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  stream.on('error', () => undefined);
  if (session.destroyed || session.closed) return breakOff();
  const onward = session.request(withoutOwn(headers), { endStream: false });
  onward.on('error', breakOff);
  stream.once('close', () => onward.close(constants.NGHTTP2_CANCEL));
  stream.pipe(onward);
  if (loses) {
    onward.resume();
    onward.once('end', breakOff);
    return;
  }
  let trailers: IncomingHttpHeaders = {};
  onward.on('trailers', (last) => {
    trailers = last;
  });
  onward.once('response', (answer, flags) => {
    if (stream.destroyed) return;
    const ends = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    stream.respond(withoutOwn(answer), { endStream: ends, waitForTrailers: !ends });
    if (ends) return;
    stream.once('wantTrailers', () => stream.sendTrailers(withoutOwn(trailers)));
    onward.pipe(stream);
  });
}

function withoutOwn(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OWN.has(name)));
}
