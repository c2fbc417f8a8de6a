import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { TrainyardError } from '../../domain/errors.ts';
import { listAt, textAt } from '../../domain/json.ts';
import { createKubeApi } from './api.ts';
import type { KubeAccess } from './api.ts';
import { openChannels } from './channels.ts';
import { noAnswer } from './no-answer.ts';
import { collectionPath, objectPath } from './paths.ts';

/** A port of a pod, as a port of this machine's own address. */
export interface Forwarded {
  readonly port: number;
  close(): Promise<void>;
}

const PODS = { group: '', version: 'v1', resource: 'pods' };
/** As `deploy/kubernetes` names it. */
const WORKER = 'app.kubernetes.io/name=trainyard,app.kubernetes.io/component=worker';
const DATA = 0;
const ERROR = 1;
/** Each channel begins by saying the port that it belongs to. */
const PREFACE = 2;

/**
 * The pod of a site's worker.
 * @throws TrainyardError `TY_FILES_UNREACHABLE` where none runs, `TY_CLUSTER_*`
 */
export async function workerPod(access: KubeAccess, namespace: string): Promise<string> {
  const api = await createKubeApi(access).catch((error: unknown) => {
    throw noAnswer(error, 'the kubeconfig', access.kubeconfig ?? 'the default place');
  });
  try {
    const found = await api.send('GET', collectionPath(PODS, namespace), { query: { labelSelector: WORKER } });
    const running = listAt(found, 'items').find((pod) => textAt(pod, 'status', 'phase') === 'Running');
    const name = textAt(running, 'metadata', 'name');
    if (name !== null) return name;
  } catch (error) {
    throw noAnswer(error, `namespace ${namespace}`, api.server);
  } finally {
    api.close();
  }
  throw new TrainyardError('TY_FILES_UNREACHABLE', 'no worker runs in the namespace of the site', {
    where: `namespace ${namespace}`,
    why: `no running pod has the labels ${WORKER}`,
  });
}

/** Listens on a free port of 127.0.0.1 and carries each connection to the pod over the API server. */
export async function forwardPort(
  access: KubeAccess,
  target: { readonly namespace: string; readonly pod: string; readonly port: number },
  note: (text: string) => void,
): Promise<Forwarded> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    carry(access, target, socket, note).catch((error: unknown) => {
      note(error instanceof Error ? error.message : String(error));
      socket.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function carry(
  access: KubeAccess,
  { namespace, pod, port }: { readonly namespace: string; readonly pod: string; readonly port: number },
  socket: Socket,
  note: (text: string) => void,
): Promise<void> {
  const ahead = new Map([
    [DATA, PREFACE],
    [ERROR, PREFACE],
  ]);
  socket.pause();
  const path = `${objectPath(PODS, namespace, pod)}/portforward?ports=${port}`;
  const channels = await openChannels(access, path, (channel, bytes) => {
    const skip = Math.min(ahead.get(channel) ?? 0, bytes.length);
    ahead.set(channel, (ahead.get(channel) ?? 0) - skip);
    const rest = bytes.subarray(skip);
    if (rest.length === 0) return;
    if (channel === ERROR) note(rest.toString('utf8'));
    if (channel === DATA && !socket.write(rest)) {
      channels.pause();
      socket.once('drain', () => channels.resume());
    }
  });
  socket.on('data', (bytes: Buffer) => {
    socket.pause();
    channels.send(DATA, bytes).then(
      () => socket.resume(),
      () => socket.destroy(),
    );
  });
  socket.once('close', () => channels.close());
  if (socket.destroyed) channels.close();
  socket.resume();
  await channels.closed;
  socket.end();
}
