import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cluster } from '../cluster-support/cluster.ts';
import { eventually } from '../cluster-support/eventually.ts';
import { podsOf } from '../cluster-support/jobs.ts';
import { ON_LOCAL_NODE } from '../cluster-support/local-node.ts';
import { addNamespace, removeNamespace } from '../cluster-support/namespaces.ts';
import { apply, pathOf } from '../cluster-support/objects.ts';
import type { KubeObject } from '../cluster-support/objects.ts';
import { torchRuntime } from '../cluster-support/operators.ts';
import { SAMPLES } from '../cluster-support/paddle/reconcile-sample-set.ts';
import { PLAY } from '../cluster-support/played-stages.ts';
import { CLUSTER_START_MS, sharedCluster } from '../cluster-support/shared.ts';

let cluster: Cluster;
let namespace = '';

beforeAll(async () => {
  cluster = await sharedCluster();
}, CLUSTER_START_MS);

afterAll(() => cluster.stop());

beforeEach(async () => {
  namespace = await addNamespace(cluster.rest, 'operators');
});

afterEach(() => removeNamespace(cluster.rest, namespace));

async function status<T>(object: KubeObject): Promise<T | undefined> {
  return (await cluster.rest.want<{ status?: T }>('GET', await pathOf(cluster.rest, object))).status;
}

interface Conditions {
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
}

describe('Kubeflow Trainer', () => {
  const trainJob = (name: string, trainer: Readonly<Record<string, unknown>>): KubeObject => ({
    apiVersion: 'trainer.kubeflow.org/v1alpha1',
    kind: 'TrainJob',
    metadata: { name, namespace },
    spec: { runtimeRef: { name: 'torch-local' }, trainer: { numNodes: 2, ...trainer } },
  });

  it('runs a TrainJob of two real processes that find each other by the addresses it gives them', async () => {
    await apply(cluster.rest, [torchRuntime('torch-local', ON_LOCAL_NODE)]);
    const script = `
import os, socket, time
rank, address, port = int(os.environ["PET_NODE_RANK"]), os.environ["PET_MASTER_ADDR"], int(os.environ["PET_MASTER_PORT"])
if rank == 0:
    peer, _ = socket.create_server(("", port)).accept()
    print("rank 0 got", peer.recv(64).decode())
else:
    for _ in range(100):
        try:
            socket.create_connection((address, port), 2).sendall(b"hello of rank 1")
            break
        except OSError:
            time.sleep(0.2)
    else:
        raise SystemExit(9)
`;
    const job = trainJob('two', { image: 'registry.test/torch:1', command: ['python3', '-u', '-c', script] });
    await apply(cluster.rest, [job]);
    await eventually('the TrainJob is complete', 90, async () => {
      const { conditions = [] } = (await status<Conditions>(job)) ?? {};
      return conditions.some(({ type, status: holds }) => type === 'Complete' && holds === 'True');
    });
    const [first] = await podsOf(
      cluster.rest,
      namespace,
      'jobset.sigs.k8s.io/jobset-name=two,batch.kubernetes.io/job-completion-index=0',
    );
    const log = `/api/v1/namespaces/${namespace}/pods/${first?.metadata.name ?? ''}/log`;
    expect(await cluster.rest.want<string>('GET', log)).toBe('rank 0 got hello of rank 1\n');
  });

  it('refuses a TrainJob whose runtime is not there, through its webhook', async () => {
    const job = { ...trainJob('none', {}), spec: { runtimeRef: { name: 'no-such-runtime' } } };
    await expect(apply(cluster.rest, [job])).rejects.toThrow('no-such-runtime');
  });
});

describe('Volcano', () => {
  const gang = (name: string): KubeObject => ({
    apiVersion: 'batch.volcano.sh/v1alpha1',
    kind: 'Job',
    metadata: { name, namespace },
    spec: {
      minAvailable: 2,
      schedulerName: 'volcano',
      queue: 'default',
      plugins: { env: [], svc: [] },
      policies: [{ event: 'TaskCompleted', action: 'CompleteJob' }],
      tasks: [
        {
          name: 'worker',
          replicas: 2,
          template: {
            metadata: { annotations: { [PLAY.runFor]: '6s' } },
            spec: {
              restartPolicy: 'Never',
              nodeSelector: { kwok: 'played' },
              containers: [
                {
                  name: 'train',
                  image: 'registry.test/torch:1',
                  command: ['train'],
                  resources: { limits: { 'nvidia.com/gpu': '8' } },
                },
              ],
            },
          },
        },
      ],
    },
  });

  it('runs one gang of two whole nodes while the other waits whole, and then that one', async () => {
    const [one, two] = [gang('one'), gang('two')];
    await apply(cluster.rest, [one]);
    const phase = async (job: KubeObject) => (await status<{ state?: { phase: string } }>(job))?.state?.phase;
    await eventually('the first gang runs', 60, async () => (await phase(one)) === 'Running');
    await apply(cluster.rest, [two]);
    await eventually('the second gang has been looked at', 60, async () => (await phase(two)) === 'Pending');
    const placed = (await podsOf(cluster.rest, namespace, 'volcano.sh/job-name=two')).filter(
      ({ spec }) => spec.nodeName,
    );
    expect(placed).toEqual([]);
    await eventually('the second gang runs', 90, async () => (await phase(two)) === 'Running');
    expect(await phase(one)).toMatch(/Complet/);
  });

  it('refuses a job for a queue that is not there, through its webhook', async () => {
    const job = gang('stray');
    const spec = { ...(job['spec'] as object), queue: 'no-such-queue' };
    await expect(apply(cluster.rest, [{ ...job, spec }])).rejects.toThrow('no-such-queue');
  });
});

describe("PaddleCloud's stand-in", () => {
  let folder = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'trainyard-samples-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('makes a sample set ready and runs a PaddleJob on it whose trainers know each other', async () => {
    writeFileSync(join(folder, 'train.txt'), 'seven samples');
    const set: KubeObject = {
      apiVersion: 'batch.paddlepaddle.org/v1alpha1',
      kind: 'SampleSet',
      metadata: { name: 'flowers', namespace, annotations: { [SAMPLES.folder]: folder } },
      spec: { partitions: 1, source: { uri: 's3://samples/flowers', secretRef: { name: 'none' } } },
    };
    const command = [
      'sh',
      '-c',
      'echo "$PADDLE_TRAINER_ID of $PADDLE_TRAINERS_NUM at $PADDLE_TRAINER_ENDPOINTS: $(cat /data/train.txt)"',
    ];
    const job: KubeObject = {
      apiVersion: 'batch.paddlepaddle.org/v1',
      kind: 'PaddleJob',
      metadata: { name: 'ppyoloe', namespace },
      spec: {
        cleanPodPolicy: 'Never',
        sampleSetRef: { name: 'flowers', mountPath: '/data' },
        worker: {
          replicas: 2,
          template: {
            spec: { ...ON_LOCAL_NODE, containers: [{ name: 'paddle', image: 'registry.test/paddle:1', command }] },
          },
        },
      },
    };
    await apply(cluster.rest, [set, job]);
    const phases = new Set<string>();
    await eventually('the PaddleJob is complete', 90, async () => {
      const { phase = '' } = (await status<{ phase?: string }>(job)) ?? {};
      phases.add(phase);
      return phase === 'Completed';
    });
    expect([...phases]).toContain('Pending');
    expect(await status(set)).toMatchObject({ phase: 'Ready', runtimeStatus: { runtimeReady: '1/1' } });
    const log = `/api/v1/namespaces/${namespace}/pods/ppyoloe-worker-1/log`;
    expect(await cluster.rest.want<string>('GET', log)).toBe(
      '1 of 2 at 127.0.0.1:2379,127.0.0.1:2379: seven samples\n',
    );
    await cluster.rest.want('DELETE', await pathOf(cluster.rest, job));
    await eventually('its pods are gone', 30, async () => {
      return (await podsOf(cluster.rest, namespace, 'paddle-res-name')).length === 0;
    });
  });

  it('keeps a job failed once a pod of it has failed', async () => {
    const containers = [{ name: 'paddle', image: 'registry.test/paddle:1', command: ['train'] }];
    const template = {
      metadata: { annotations: { [PLAY.outcome]: 'fail', [PLAY.runFor]: '500ms' } },
      spec: { nodeSelector: { kwok: 'played' }, containers },
    };
    const job: KubeObject = {
      apiVersion: 'batch.paddlepaddle.org/v1',
      kind: 'PaddleJob',
      metadata: { name: 'bad', namespace },
      spec: { cleanPodPolicy: 'Never', worker: { replicas: 1, template } },
    };
    await apply(cluster.rest, [job]);
    await eventually('the PaddleJob has failed', 60, async () => {
      return (await status<{ phase?: string }>(job))?.phase === 'Failed';
    });
    const [pod] = await podsOf(cluster.rest, namespace, 'paddle-res-type=worker');
    expect(pod?.metadata.name).toBe('bad-worker-0');
  });
});
