import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import { MERGE_PATCH, Rest, follow } from '../rest.ts';
import { now } from './container-run.ts';
import { HostFiles } from './hosts.ts';
import { serveLog } from './log-server.ts';
import { beat, registerNode } from './node.ts';
import type { NodeOptions } from './node.ts';
import { PodRun } from './pod-run.ts';
import type { Pod } from './pod.ts';
import { serveStream } from './stream-server.ts';

/**
 * A Kubernetes node that runs containers as local processes. It has neither images nor a network of its own: every
 * container sees a copy-on-write view of this machine's files and shares its network. What ends up in the pod's
 * status, in its logs and on its volumes is real. Needs root.
 */
export interface LocalNodeConfig extends NodeOptions {
  readonly server: string;
  readonly caFile: string;
  readonly cert: string;
  readonly key: string;
  readonly work: string;
}

const runs = new Map<string, PodRun>();
const hosts = new HostFiles();

function say(text: string): void {
  process.stdout.write(`${new Date().toISOString()} ${text}\n`);
}

function main(config: LocalNodeConfig): void {
  const [ca, cert, key] = [config.caFile, config.cert, config.key].map((file) => readFileSync(file, 'utf8'));
  if (ca === undefined || cert === undefined || key === undefined) throw new Error('no certificates');
  const rest = new Rest({ server: config.server, ca, cert, key });
  const context = { name: config.name, server: new URL(config.server), hosts };
  createServer({ ca, cert, key, requestCert: true, rejectUnauthorized: true }, (request, response) => {
    serveLog(request, response, runs.values()).catch((error: unknown) => {
      say(`log: ${String(error)}`);
      response.destroy();
    });
  })
    .on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      serveStream(request, socket, head, runs.values()).catch((error: unknown) => {
        say(`stream: ${String(error)}`);
        socket.destroy();
      });
    })
    .listen(config.port, '127.0.0.1');

  const start = (pod: Pod) => {
    const run = new PodRun(pod, rest, context, config.work);
    runs.set(pod.metadata.uid, run);
    hosts.podCame(pod.metadata.uid, { namespace: pod.metadata.namespace, ...pod.spec });
    say(`pod ${pod.metadata.namespace}/${pod.metadata.name}`);
    run.go().catch((error: unknown) => say(`pod ${pod.metadata.name}: ${String(error)}`));
    return run;
  };
  const see = (pod: Pod, gone: boolean) => {
    const { uid, deletionTimestamp, deletionGracePeriodSeconds = 30 } = pod.metadata;
    const run = runs.get(uid);
    if (gone) {
      runs.delete(uid);
      hosts.podWent(uid);
      void run?.kill(0);
    } else if (deletionTimestamp !== undefined) {
      void (run ?? new PodRun(pod, rest, context, config.work)).remove(deletionGracePeriodSeconds);
    } else if (run === undefined && pod.status?.phase === 'Running') {
      void lost(rest, pod);
    } else if (run === undefined && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed') {
      start(pod);
    }
  };
  void serve(rest, config, see);
}

async function serve(rest: Rest, config: LocalNodeConfig, see: (pod: Pod, gone: boolean) => void): Promise<void> {
  await registerNode(rest, config);
  say(`node ${config.name} on port ${config.port}`);
  void beat(rest, config.name);
  await follow(rest, `/api/v1/pods?fieldSelector=spec.nodeName%3D${config.name}`, see, new AbortController().signal);
}

/** A pod that ran when the node was last alive: its containers died with the node, and nobody saw how. */
async function lost(rest: Rest, pod: Pod): Promise<void> {
  const terminated = { exitCode: 137, reason: 'ContainerStatusUnknown', startedAt: now(), finishedAt: now() };
  const containerStatuses = pod.spec.containers.map(({ name, image = '' }) => ({
    name,
    image,
    imageID: '',
    ready: false,
    started: false,
    restartCount: 0,
    state: { running: null, terminated },
  }));
  const body = { metadata: { uid: pod.metadata.uid }, status: { phase: 'Failed', containerStatuses } };
  const path = `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}/status`;
  await rest.send('PATCH', path, body, MERGE_PATCH).catch(() => null);
}

async function end(): Promise<void> {
  await Promise.all([...runs.values()].map((run) => run.kill(1)));
  process.exit(0);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void end());
main(JSON.parse(process.env['LOCAL_NODE'] ?? '{}') as LocalNodeConfig);
