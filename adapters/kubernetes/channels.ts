import { PassThrough } from 'node:stream';
import { openKubeConfig } from './api.ts';
import type { KubeAccess } from './api.ts';
import { KubeFailure } from './failure.ts';

/** A connection to a pod that carries several streams, each a number in front of its bytes. */
export interface Channels {
  /** Resolves when the bytes have left this process. */
  send(channel: number, bytes: Uint8Array): Promise<void>;
  /** Says that no more comes on this channel. False where the server knows no such word. */
  end(channel: number): Promise<boolean>;
  /** Stops and goes on reading, for a reader that cannot keep up. */
  pause(): void;
  resume(): void;
  close(): void;
  /** Resolves when the connection is closed, whoever closed it. */
  readonly closed: Promise<void>;
}

/** What of a WebSocket of this process is used. */
interface Socket {
  readonly protocol: string;
  readonly readyState: number;
  send(data: Uint8Array, done: (error?: Error) => void): void;
  ping(): void;
  pause(): void;
  resume(): void;
  close(): void;
  terminate(): void;
  on(event: 'close', listener: () => void): void;
}

const OPEN = 1;
const CLOSE = 255;
/** Proxies between here and the cluster break off what has been silent for a minute. */
const PING_MS = 20_000;

/**
 * Opens a subresource of a pod that is spoken to over a WebSocket (`exec`, `portforward`).
 * @param path with its query
 * @throws KubeFailure
 */
export async function openChannels(
  access: KubeAccess,
  path: string,
  onData: (channel: number, bytes: Buffer) => void,
): Promise<Channels> {
  const { config } = await openKubeConfig(access);
  const { WebSocketHandler } = await import('@kubernetes/client-node/dist/web-socket-handler.js');
  // Left to itself it would end this process's own streams with those of the pod.
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const handler = new WebSocketHandler(config, undefined, streams);
  const opened = handler.connect(path, null, (channel, bytes) => {
    if (channel !== CLOSE) onData(channel, bytes);
    return true;
  });
  const socket = (await opened.catch((error: unknown) => {
    throw refused(error, path);
  })) as unknown as Socket;
  const pinging = setInterval(() => socket.ping(), PING_MS);
  pinging.unref();
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      clearInterval(pinging);
      resolve();
    });
  });
  const send = (channel: number, bytes: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      const gone = new KubeFailure(null, 'Closed', 'the connection to the pod is closed');
      if (socket.readyState !== OPEN) return reject(gone);
      return socket.send(Buffer.concat([Buffer.of(channel), bytes]), (error) => (error ? reject(gone) : resolve()));
    });
  return {
    send,
    end: async (channel) => {
      if (socket.protocol !== 'v5.channel.k8s.io') return false;
      await send(CLOSE, Buffer.of(channel));
      return true;
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: () => {
      socket.close();
      // A server that is away answers no closing word.
      setTimeout(() => socket.terminate(), 1000).unref();
    },
    closed,
  };
}

/** The library says the status only in words: `Unexpected server response: 403`. */
function refused(error: unknown, path: string): KubeFailure {
  const [shown = ''] = path.split('?');
  const said: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'message') : error;
  const message = typeof said === 'string' && said !== '' ? said : 'the connection was refused';
  const status = /server response: (\d{3})/.exec(message)?.[1];
  return new KubeFailure(status === undefined ? null : Number(status), 'Refused', `${shown}: ${message}`);
}
