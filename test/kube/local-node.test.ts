import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addClaim } from '../cluster-support/claims.ts';
import type { Cluster } from '../cluster-support/cluster.ts';
import { eventually } from '../cluster-support/eventually.ts';
import { localJob, podOfJob } from '../cluster-support/jobs.ts';
import { addNamespace, removeNamespace } from '../cluster-support/namespaces.ts';
import { apply } from '../cluster-support/objects.ts';
import { CLUSTER_START_MS, sharedCluster } from '../cluster-support/shared.ts';

let cluster: Cluster;
let namespace = '';
let folder = '';

beforeAll(async () => {
  cluster = await sharedCluster();
  namespace = await addNamespace(cluster.rest, 'local');
  folder = mkdtempSync(join(tmpdir(), 'trainyard-claim-'));
  chmodSync(folder, 0o777);
}, CLUSTER_START_MS);

afterAll(async () => {
  await removeNamespace(cluster.rest, namespace);
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

function python(text: string): readonly string[] {
  return ['python3', '-u', '-c', text];
}

async function run(
  name: string,
  container: Readonly<Record<string, unknown>>,
  pod?: Readonly<Record<string, unknown>>,
) {
  await apply(cluster.rest, [localJob(namespace, name, container, pod)]);
  return podOfJob(cluster.rest, { namespace, name }, ({ status }) => /Succeeded|Failed/.test(status.phase));
}

function log(pod: string, query = ''): Promise<string> {
  return cluster.rest.want<string>('GET', `/api/v1/namespaces/${namespace}/pods/${pod}/log?${query}`);
}

describe('the local node', () => {
  it('runs a real process whose log can be followed while it runs', async () => {
    const command = python('import time\nfor i in range(3): print("step", i); time.sleep(0.5)');
    await apply(cluster.rest, [localJob(namespace, 'steps', { command })]);
    const pod = await podOfJob(cluster.rest, { namespace, name: 'steps' }, ({ status }) => status.phase === 'Running');
    const times: number[] = [];
    const path = `/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}/log?follow=true&timestamps=true`;
    for await (const line of cluster.rest.lines(path)) {
      expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z step \d$/);
      times.push(performance.now());
    }
    expect(times).toHaveLength(3);
    expect((times[2] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(500);
    expect(await log(pod.metadata.name, 'tailLines=1')).toBe('step 2\n');
    expect(await log(pod.metadata.name, 'limitBytes=9')).toBe('step 0\nst');
    expect(await log(pod.metadata.name, 'sinceTime=2100-01-01T00:00:00Z')).toBe('');
  });

  it('reports the exit code of the process', async () => {
    const pod = await run('code', { command: ['sh', '-c', 'exit 7'] });
    expect(pod.status.containerStatuses?.[0]?.state.terminated).toMatchObject({ exitCode: 7, reason: 'Error' });
  });

  it('lets the kernel kill a process that takes more memory than its limit', async () => {
    const command = python('x = bytearray(200 * 1024 * 1024)\nprint(len(x))');
    const pod = await run('oom', { command, resources: { limits: { memory: '64Mi' } } });
    expect(pod.status.containerStatuses?.[0]?.state.terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
  });

  it('mounts parts of a claim that the test shares, as the user the pod names', async () => {
    await addClaim(cluster.rest, { namespace, name: 'workspace', folder });
    mkdirSync(join(folder, 'in'));
    mkdirSync(join(folder, 'out'), { mode: 0o777 });
    chmodSync(join(folder, 'out'), 0o777);
    writeFileSync(join(folder, 'in', 'data.txt'), 'seven');
    const script = [
      'import os',
      'text = open("/data/data.txt").read() + " " + open("/one.txt").read() + " " + str(os.getuid()) + ":" + str(os.getgid())',
      'try: open("/data/new", "w")',
      'except OSError as error: text += " " + str(error.errno)',
      'open("/out/result.txt", "w").write(text)',
    ].join('\n');
    const mounts = [
      { name: 'workspace', mountPath: '/data', subPath: 'in', readOnly: true },
      { name: 'workspace', mountPath: '/one.txt', subPath: 'in/data.txt', readOnly: true },
      { name: 'workspace', mountPath: '/out', subPath: 'out' },
      { name: 'shm', mountPath: '/dev/shm' },
    ];
    const pod = await run(
      'claim',
      { command: python(script), volumeMounts: mounts },
      {
        securityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 },
        volumes: [
          { name: 'workspace', persistentVolumeClaim: { claimName: 'workspace' } },
          { name: 'shm', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
        ],
      },
    );
    expect(await log(pod.metadata.name)).toBe('');
    expect(pod.status.phase).toBe('Succeeded');
    expect(readFileSync(join(folder, 'out', 'result.txt'), 'utf8')).toBe('seven seven 1000:1000 30');
  });

  it('waits for a ConfigMap and says what is missing, then gives it as files and variables', async () => {
    const command = ['sh', '-c', 'echo "$GREETING $(cat /etc/given/name) on $NODE; $(hostname); [$(ls /tmp)]"'];
    await apply(cluster.rest, [
      localJob(
        namespace,
        'given',
        {
          command,
          env: [
            { name: 'GREETING', valueFrom: { configMapKeyRef: { name: 'given', key: 'greeting' } } },
            { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
          ],
          volumeMounts: [{ name: 'given', mountPath: '/etc/given' }],
        },
        {
          hostname: 'rank-0',
          volumes: [{ name: 'given', projected: { sources: [{ configMap: { name: 'given', optional: true } }] } }],
        },
      ),
    ]);
    const waiting = await podOfJob(
      cluster.rest,
      { namespace, name: 'given' },
      ({ status }) => status.containerStatuses?.[0]?.state.waiting?.reason === 'CreateContainerConfigError',
    );
    expect(waiting.status.containerStatuses?.[0]?.state.waiting?.message).toBe('configmap "given" not found');
    await apply(cluster.rest, [
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'given', namespace },
        data: { greeting: 'hello', name: 'you' },
      },
    ]);
    const pod = await podOfJob(
      cluster.rest,
      { namespace, name: 'given' },
      ({ status }) => status.phase === 'Succeeded',
    );
    // The volume was made before the ConfigMap was there.
    expect(await log(pod.metadata.name)).toContain('on localnode; rank-0; []');
  });

  it('asks a process to end and then ends it, when its Job is deleted', async () => {
    await addClaim(cluster.rest, { namespace, name: 'ends', folder });
    const command = [
      'sh',
      '-c',
      'trap "echo asked > /out/asked; exit 0" TERM; touch /out/ready; while :; do sleep 0.1; done',
    ];
    await apply(cluster.rest, [
      localJob(
        namespace,
        'ends',
        { command, volumeMounts: [{ name: 'ends', mountPath: '/out' }] },
        { volumes: [{ name: 'ends', persistentVolumeClaim: { claimName: 'ends' } }] },
      ),
    ]);
    const job = { namespace, name: 'ends' };
    await podOfJob(cluster.rest, job, ({ status }) => status.phase === 'Running');
    await waitForFile(join(folder, 'ready'));
    await cluster.rest.want('DELETE', `/apis/batch/v1/namespaces/${namespace}/jobs/ends?propagationPolicy=Foreground`);
    await waitForFile(join(folder, 'asked'));
    expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe('asked\n');
  });

  it('runs init containers in their order first, and the pod fails when one does', async () => {
    const step = (name: string, script: string) => ({ name, image: 'x', command: ['sh', '-c', script], volumeMounts });
    const volumeMounts = [{ name: 'scratch', mountPath: '/scratch' }];
    const volumes = [{ name: 'scratch', emptyDir: {} }];
    const main = { command: ['cat', '/scratch/order'], volumeMounts };
    const initContainers = [step('one', 'echo one >> /scratch/order'), step('two', 'echo two >> /scratch/order')];
    const pod = await run('ordered', main, { initContainers, volumes });
    expect(await log(pod.metadata.name)).toBe('one\ntwo\n');
    const failed = await run('init-fails', main, { initContainers: [step('bad', 'exit 3')], volumes });
    expect(failed.status.phase).toBe('Failed');
    expect(failed.status.initContainerStatuses?.[0]?.state.terminated?.exitCode).toBe(3);
  });

  it('ends a process that does not listen, once its grace is over', async () => {
    const command = python(
      'import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint("up")\ntime.sleep(600)',
    );
    await apply(cluster.rest, [localJob(namespace, 'deaf', { command }, { terminationGracePeriodSeconds: 1 })]);
    const job = { namespace, name: 'deaf' };
    const pod = await podOfJob(cluster.rest, job, ({ status }) => status.phase === 'Running');
    await eventually('it is up', 20, async () => (await log(pod.metadata.name)).includes('up'));
    await cluster.rest.want('DELETE', `/apis/batch/v1/namespaces/${namespace}/jobs/deaf?propagationPolicy=Foreground`);
    await eventually('it is gone', 20, async () => {
      const answer = await cluster.rest.send('GET', `/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}`);
      return answer.status === 404;
    });
  });

  it('starts a container again where its pod says so, and keeps the log of the start before', async () => {
    const volumeMounts = [{ name: 'scratch', mountPath: '/scratch' }];
    const script = 'echo start; if [ -e /scratch/again ]; then exit 0; fi; touch /scratch/again; exit 5';
    const volumes = [{ name: 'scratch', emptyDir: {} }];
    const container = { command: ['sh', '-c', script], volumeMounts };
    const job = localJob(namespace, 'again', container, { restartPolicy: 'OnFailure', volumes });
    // A Job counts starts of containers, too.
    await apply(cluster.rest, [{ ...job, spec: { ...(job['spec'] as object), backoffLimit: 2 } }]);
    const name = { namespace, name: 'again' };
    const pod = await podOfJob(cluster.rest, name, ({ status }) => status.phase === 'Succeeded');
    expect(pod.status.containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { exitCode: 5 } },
    });
    expect(await log(pod.metadata.name, 'previous=true')).toBe('start\n');
  });

  it('tells in an Event which folder of the machine is not there', async () => {
    const volumes = [{ name: 'host', hostPath: { path: '/no/such/folder', type: 'Directory' } }];
    const container = { command: ['true'], volumeMounts: [{ name: 'host', mountPath: '/host' }] };
    await apply(cluster.rest, [localJob(namespace, 'no-folder', container, { volumes })]);
    await eventually('the Event', 20, async () => {
      const path = `/api/v1/namespaces/${namespace}/events?fieldSelector=reason%3DFailedMount`;
      const { items } = await cluster.rest.want<{ items: readonly { message: string }[] }>('GET', path);
      return items.some(({ message }) => message.includes('hostPath type check failed: /no/such/folder'));
    });
  });

  it('gives every pod its host name, by which the pods of a job reach each other', async () => {
    const named = (hostname: string) => ({ hostname, subdomain: 'ring' });
    await apply(cluster.rest, [localJob(namespace, 'first', { command: ['sleep', '60'] }, named('first-0'))]);
    await podOfJob(cluster.rest, { namespace, name: 'first' }, ({ status }) => status.phase === 'Running');
    const command = python(
      `import socket\nprint(socket.gethostname(), socket.gethostbyname("first-0.ring.${namespace}.svc"))`,
    );
    const pod = await run('second', { command }, named('second-0'));
    expect(await log(pod.metadata.name)).toBe('second-0 127.0.0.1\n');
  });
});

async function waitForFile(path: string): Promise<void> {
  await eventually(path, 20, () => readFileSync(path, 'utf8') !== null);
}
