import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunRecord } from '../../../domain/record.ts';
import type { RunFiles } from '../../../ports/run-files.ts';
import { loadSettings } from '../../../spec/settings.ts';
import { execInRank } from '../../../worker/site-exec.ts';
import { startChannelServer } from '../../support/channel-server.ts';
import type { ChannelServer } from '../../support/channel-server.ts';

const RUN = 'run-toy-a2b3c4';

let server: ChannelServer | null = null;

afterEach(async () => {
  await server?.close();
  server = null;
});

interface PodWish {
  readonly name: string;
  readonly role: string;
  readonly at?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly run?: string;
  readonly containers?: readonly string[];
}

function pod({ name, role, at = {}, labels = {}, run = RUN, containers = ['train'] }: PodWish) {
  return {
    metadata: {
      name,
      labels: { 'trainyard.dev/job': 'toy-t1', 'trainyard.dev/role': role, ...labels },
      annotations: { 'trainyard.dev/run-id': run, ...at },
    },
    status: { containerStatuses: containers.map((one) => ({ name: one, state: { running: {} } })) },
  };
}

const completion = (index: string) => ({ 'batch.kubernetes.io/job-completion-index': index });
const task = (index: string) => ({ 'volcano.sh/task-index': index });

function filesOf(record: unknown): RunFiles {
  const none = (): Promise<never[]> => Promise.resolve([]);
  return {
    readRecord: () => Promise.resolve(record as RunRecord | null),
    logFiles: none,
    usage: none,
    metricsFile: () => Promise.resolve(null),
    remove: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

const ROLES = [
  { name: 'ps', replicas: 1 },
  { name: 'worker', replicas: 2 },
];
const RECORD = { plan: { site: 'gpu', train: { roles: ROLES }, package: null } };

async function execIn(pods: readonly unknown[], wish: { rank: number; role?: string; record?: unknown }) {
  server = await startChannelServer((served) => served.send(3, '{"status":"Success"}'), {
    '/api/v1/namespaces/ml/pods': { items: pods },
  });
  const site = { kubeconfig: server.kubeconfig, namespace: 'ml', workspace: { root: '/w', claim: 'shared' } };
  const settings = loadSettings({ env: {}, file: JSON.stringify({ sites: { gpu: site } }), dev: null });
  await execInRank(settings, filesOf(wish.record ?? null), {
    runId: RUN,
    rank: wish.rank,
    role: wish.role ?? null,
    command: ['true'],
    stdin: null,
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    terminal: null,
    signal: new AbortController().signal,
  });
  const url = server.served[0]?.url;
  return `${url?.pathname.split('/')[6]} ${url?.searchParams.get('container')}`;
}

describe('a command in a rank', () => {
  it.each([
    [
      'a Job',
      [
        pod({ name: 'j-0', role: 'worker', at: completion('0') }),
        pod({ name: 'j-1', role: 'worker', at: completion('1') }),
      ],
      'j-1',
    ],
    [
      'Volcano',
      [pod({ name: 'v-0', role: 'worker', at: task('0') }), pod({ name: 'v-1', role: 'worker', at: task('1') })],
      'v-1',
    ],
    ['PaddleCloud', [pod({ name: 'p-1', role: 'worker', labels: { 'paddle-res-name': 'toy-t1-worker-1' } })], 'p-1'],
  ])('finds its pod where the pods are those of %s', async (_of, pods, expected) => {
    expect(await execIn(pods, { rank: 1 })).toBe(`${expected} train`);
  });

  it('counts ranks across the roles of the job, as its logs do', async () => {
    const pods = [
      pod({ name: 'ps-0', role: 'ps', at: task('0') }),
      pod({ name: 'worker-0', role: 'worker', at: task('0') }),
      pod({ name: 'worker-1', role: 'worker', at: task('1') }),
    ];
    expect(await execIn(pods, { rank: 1, record: RECORD })).toBe('worker-0 train');
  });

  it('goes into the container of the step, not into what a mesh has put beside it', async () => {
    const pods = [pod({ name: 'j-0', role: 'worker', at: completion('0'), containers: ['istio-proxy', 'train'] })];
    expect(await execIn(pods, { rank: 0 })).toBe('j-0 train');
  });

  it('asks for the role where several pods have that rank and nobody knows the order of the roles', async () => {
    const pods = [
      pod({ name: 'ps-0', role: 'ps', at: task('0') }),
      pod({ name: 'worker-0', role: 'worker', at: task('0') }),
    ];
    await expect(execIn(pods, { rank: 0 })).rejects.toMatchObject({
      code: 'TY_CLI_USAGE',
      details: { why: expect.stringContaining('--role worker --rank 0 (worker-0)') },
    });
    await server?.close();
    expect(await execIn(pods, { rank: 0, role: 'worker' })).toBe('worker-0 train');
  });

  it('never takes the pod of another run whose label is the same when cut', async () => {
    const pods = [pod({ name: 'j-0', role: 'worker', at: completion('0'), run: `${RUN}-longer` })];
    await expect(execIn(pods, { rank: 0 })).rejects.toMatchObject({ code: 'TY_RUN_NO_POD' });
  });

  it('says which ranks run when the one that was named does not', async () => {
    const pods = [pod({ name: 'j-0', role: 'worker', at: completion('0') })];
    await expect(execIn(pods, { rank: 7 })).rejects.toMatchObject({
      code: 'TY_RUN_NO_POD',
      details: { why: expect.stringContaining('--role worker --rank 0 (j-0)') },
    });
  });

  it('is refused for a run of this machine, with what to use instead', async () => {
    const record = { plan: { ...RECORD.plan, site: 'local' } };
    await expect(execIn([], { rank: 0, record })).rejects.toMatchObject({
      code: 'TY_CLI_USAGE',
      details: { fix: expect.stringContaining(`trainyard run top ${RUN}`) },
    });
  });
});
