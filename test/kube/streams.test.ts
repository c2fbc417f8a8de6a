import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execInPod } from '../../adapters/kubernetes/exec.ts';
import { forwardPort } from '../../adapters/kubernetes/port-forward.ts';
import type { Cluster } from '../cluster-support/cluster.ts';
import { freePorts } from '../cluster-support/free-ports.ts';
import { localJob, podOfJob } from '../cluster-support/jobs.ts';
import { addNamespace, removeNamespace } from '../cluster-support/namespaces.ts';
import { apply } from '../cluster-support/objects.ts';
import { CLUSTER_START_MS, sharedCluster } from '../cluster-support/shared.ts';

let cluster: Cluster;
let namespace = '';
let pod = '';
let port = 0;

const HELLO = 'hello '.repeat(1_000_000);
const SERVE = `require('http')
  .createServer((request, response) => response.end('hello '.repeat(1_000_000)))
  .listen(Number(process.env.PORT), '127.0.0.1')`;

beforeAll(async () => {
  cluster = await sharedCluster();
  namespace = await addNamespace(cluster.rest, 'streams');
  [port = 0] = await freePorts(1);
  const env = [{ name: 'PORT', value: String(port) }];
  const container = { command: [process.execPath, '-e', SERVE], env, workingDir: '/here' };
  const user = { securityContext: { runAsUser: 1234, runAsGroup: 1234 } };
  await apply(cluster.rest, [localJob(namespace, 'serve', container, user)]);
  const running = await podOfJob(
    cluster.rest,
    { namespace, name: 'serve' },
    ({ status }) => status.phase === 'Running',
  );
  pod = running.metadata.name;
}, CLUSTER_START_MS);

afterAll(async () => {
  await removeNamespace(cluster.rest, namespace);
  await cluster.stop();
});

const access = () => ({ kubeconfig: cluster.kubeconfig, context: null });

async function exec(command: readonly string[], input?: string) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const read = Promise.all([text(stdout), text(stderr)]);
  const code = await execInPod(access(), {
    namespace,
    pod,
    container: 'train',
    command,
    stdin: input === undefined ? null : Readable.from([Buffer.from(input)]),
    stdout,
    stderr,
    terminal: null,
    signal: AbortSignal.timeout(60_000),
  });
  stdout.end();
  stderr.end();
  const [out, err] = await read;
  return { code, out, err };
}

describe('through a real API server', () => {
  it('a command runs inside the container, with its variables, folder, user and processes', async () => {
    const script = 'echo "$PORT $(id -u) $PWD"; grep -c createServer /proc/1/cmdline; echo no >&2; exit 42';
    expect(await exec(['sh', '-c', script])).toEqual({ code: 42, out: `${port} 1234 /here\n1\n`, err: 'no\n' });
  });

  it('a command reads what is typed to its end, and gives back megabytes of it', async () => {
    const typed = 'x'.repeat(3_000_000);
    const { code, out } = await exec(['cat'], typed);
    expect(code).toBe(0);
    expect(out === typed).toBe(true);
  });

  it('a command in a container that is not there is refused', async () => {
    const command = { namespace, pod: 'nobody', container: 'train', command: ['id'], stdin: null, terminal: null };
    const streams = { stdout: new PassThrough(), stderr: new PassThrough(), signal: new AbortController().signal };
    await expect(execInPod(access(), { ...command, ...streams })).rejects.toMatchObject({ status: 404 });
  });

  it('a port of the pod answers here, several connections at once', async () => {
    const notes: string[] = [];
    const forwarded = await forwardPort(access(), { namespace, pod, port }, (note) => void notes.push(note));
    const ask = async () => await (await fetch(`http://127.0.0.1:${forwarded.port}/`)).text();
    const answers = await Promise.all([ask(), ask(), ask()]);
    expect(answers.every((answer) => answer === HELLO)).toBe(true);
    await forwarded.close();
    expect(notes).toEqual([]);
  });

  it('a port on which nobody listens is named as such', async () => {
    const [closed = 0] = await freePorts(1);
    const notes: string[] = [];
    const forwarded = await forwardPort(access(), { namespace, pod, port: closed }, (note) => void notes.push(note));
    await expect(fetch(`http://127.0.0.1:${forwarded.port}/`)).rejects.toThrow('fetch failed');
    await forwarded.close();
    expect(notes.join('\n')).toContain('ECONNREFUSED');
  });
});
