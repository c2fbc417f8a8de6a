import { describe, expect, it } from 'vitest';
import { packageJob, requiredFiles, trainJob } from '../../../spec/job-plans.ts';
import { podView } from '../../support/pod-view.ts';
import type { PodView } from '../../support/pod-view.ts';
import { exampleDocument, renderTraining, specOf } from '../../support/render-spec.ts';

const DOCUMENT = exampleDocument('specs/yolov5-volcano.yaml');

interface Seen extends PodView {
  readonly job: Readonly<Record<string, unknown>>;
}

function rendered(...set: readonly string[]): Seen {
  const objects = renderTraining(specOf(DOCUMENT, ...set));
  const job = objects.at(-1)?.spec as Readonly<Record<string, unknown>>;
  return { ...podView(objects), job };
}

type Row = readonly [parameter: string, set: readonly string[], pick: (seen: Seen) => unknown, expected: unknown];

const limits = ({ container }: Seen): unknown => container.resources.limits;
const requests = ({ container }: Seen): unknown => container.resources.requests;
const argument = (name: string) => (seen: Seen) => seen.container.command.find((word) => word.startsWith(`--${name}=`));
const shares = { 'nvidia.com/gpualloc': '1', 'nvidia.com/gpucores': '50', 'nvidia.com/gpumem': '4096' };
const bounds = { cpu: '8', memory: String(20 * 2 ** 30) };

/** A parameter of the older pipeline, how it is said here, and where it arrives. An empty one is `null`. */
const PARAMETERS: readonly Row[] = [
  ['DATASET_DIR', [], ({ mountedAt }) => mountedAt('/datasets/coco128'), workspace('dataset')],
  ['DATASET_DIR elsewhere', ['dataset.mountPath=/data'], ({ env }) => env['TRAINYARD_DATASET_DIR'], '/data'],
  ['DATASET_DIR left out', ['dataset.mountPath=null'], ({ env }) => env['TRAINYARD_DATASET_DIR'], '/dataset'],
  ['TRAINING_IMAGE', [], ({ container }) => container.image, 'registry.example.com/ml/yolov5:7.0'],
  ['imagePullPolicy', [], ({ container }) => container.imagePullPolicy, 'IfNotPresent'],
  [
    'TEMPORARY_STORAGE_SIZE',
    [],
    ({ mountedAt }) => mountedAt('/scratch'),
    { emptyDir: { sizeLimit: String(5 * 2 ** 30) } },
  ],
  [
    'TEMPORARY_STORAGE_SIZE empty',
    ['compute.scratch=null'],
    ({ mountedAt }) => mountedAt('/scratch'),
    { emptyDir: {} },
  ],
  [
    'SHARE_MEMORY_LIMIT_SIZE',
    [],
    ({ mountedAt }) => mountedAt('/dev/shm'),
    { emptyDir: { medium: 'Memory', sizeLimit: String(2 * 2 ** 30) } },
  ],
  ['SHARE_MEMORY_LIMIT_SIZE empty', ['compute.sharedMemory=null'], ({ mountedAt }) => mountedAt('/dev/shm'), undefined],
  ['CPU_REQUEST, MEMORY_REQUEST', [], requests, { cpu: '1', memory: String(8 * 2 ** 30) }],
  ['CPU_REQUEST empty', ['compute.requests.cpu=null'], requests, { memory: String(8 * 2 ** 30) }],
  ['both requests empty', ['compute.requests=null'], requests, undefined],
  ['CPU_LIMIT, MEMORY_LIMIT', [], limits, { ...bounds, ...shares }],
  ['CPU_LIMIT empty', ['compute.cpu=null'], limits, { memory: bounds.memory, ...shares }],
  ['both limits empty', ['compute.cpu=null', 'compute.memory=null'], limits, shares],
  ['NVIDIA_GPUALLOC', ['compute.accelerator.count=2'], limits, { ...bounds, ...shares, 'nvidia.com/gpualloc': '2' }],
  [
    'NVIDIA_GPUALLOC empty',
    ['compute.accelerator.count=null'],
    limits,
    { ...bounds, 'nvidia.com/gpucores': '50', 'nvidia.com/gpumem': '4096' },
  ],
  [
    'NVIDIA_GPUCORES empty',
    ['compute.accelerator.cores=null'],
    limits,
    { ...bounds, 'nvidia.com/gpualloc': '1', 'nvidia.com/gpumem': '4096' },
  ],
  [
    'NVIDIA_GPUMEM empty',
    ['compute.accelerator.memory=null'],
    limits,
    { ...bounds, 'nvidia.com/gpualloc': '1', 'nvidia.com/gpucores': '50' },
  ],
  ['all of HAMi empty', ['compute.accelerator=null'], limits, bounds],
  [
    'NVIDIA_GPU, with the other three blank',
    ['compute.accelerator={ profile: nvidia, count: 2 }'],
    limits,
    { ...bounds, 'nvidia.com/gpu': '2' },
  ],
  ['TRAIN_ARG_IMAGE_SIZE', ['recipe.args.img=320'], argument('img'), '--img=320'],
  ['TRAIN_ARG_BATCH_SIZE', [], argument('batch'), '--batch=16'],
  ['TRAIN_ARG_EPOCHS', [], argument('epochs'), '--epochs=3'],
  ['TRAIN_ARG_WORKERS', [], argument('workers'), '--workers=0'],
  ['TRAIN_ARG_DATA', [], argument('data'), '--data=coco128.yaml'],
  ['TRAIN_ARG_WEIGHTS', [], argument('weights'), '--weights=models/yolov5n.pt'],
  ['TRAIN_ARG_DEVICE', ['recipe.args.device="0,1"'], argument('device'), '--device=0,1'],
  ['a TRAIN_ARG empty', ['recipe.args.img=null'], argument('img'), undefined],
  ['master_port', [], ({ env }) => [env['MASTER_PORT'], env['PET_MASTER_PORT']], ['12345', '12345']],
  ['queue', ['backend.queue=ml'], ({ job }) => job['queue'], 'ml'],
  ['schedulerName', [], ({ job }) => job['schedulerName'], 'volcano'],
  ['maxRetry: one try, Trainyard starts the next; the rest are resumes', [], ({ job }) => job['maxRetry'], 1001],
  ['MLFLOW_TRACKING_URI', [], ({ env }) => env['MLFLOW_TRACKING_URI'], 'http://mlflow.example.com:5000'],
  ['MLFLOW_EXPERIMENT_NAME', [], ({ env }) => env['MLFLOW_EXPERIMENT_NAME'], 'yolov5'],
];

function workspace(subPath: string): object {
  return { persistentVolumeClaim: { claimName: 'trainyard-workspace' }, subPath };
}

describe('YOLOv5 on Volcano', () => {
  it.each(PARAMETERS)('says %s', (_parameter, set, pick, expected) => {
    expect(pick(rendered(...set))).toEqual(expected);
  });

  it.each([1, 2, 4])('starts all of %i REPLICAS or none', (replicas) => {
    const { job } = rendered(`compute.replicas=${replicas}`);
    expect(job).toMatchObject({
      minAvailable: replicas,
      tasks: [{ replicas, minAvailable: replicas, policies: [{ event: 'PodFailed' }, { event: 'PodEvicted' }] }],
    });
  });

  it('finds its peers by the names Volcano gives them, whose rank is the index of the task', () => {
    const { container, env, job } = rendered();
    expect(job['plugins']).toEqual({ svc: ['--publish-not-ready-addresses=true'], env: [] });
    expect(env['MASTER_ADDR']).toBe('digits-abcdefgh-t1-worker-0.digits-abcdefgh-t1');
    const rank = { fieldRef: { fieldPath: "metadata.annotations['volcano.sh/task-index']" } };
    for (const name of ['TASK_INDEX', 'NODE_RANK', 'PET_NODE_RANK']) {
      expect(container.env).toContainEqual({ name, valueFrom: rank });
    }
  });

  it('names repositories, branches and the credential, and never a secret', () => {
    const spec = specOf(DOCUMENT, 'model.ref=refs/heads/dev', 'output.branch=refs/heads/mine');
    expect(spec).toMatchObject({
      model: { repo: 'https://git.example.com/ml/yolov5' },
      dataset: { repo: 'https://git.example.com/data/coco128', ref: 'main' },
      output: { repo: 'https://git.example.com/ml/yolov5-trained', branch: 'mine' },
      credentials: 'git-credentials',
    });
    expect(JSON.stringify(renderTraining(spec))).not.toContain('git-credentials');
  });

  it('may wait, and run, as long as its limits say', () => {
    const plan = trainJob(specOf(DOCUMENT));
    expect([plan.deadlines.queuedSeconds, specOf(DOCUMENT).limits.total]).toEqual([86_400, 2_592_000]);
  });

  it('refuses whole GPUs beside shares of them', () => {
    const both = 'compute.accelerator=[{ profile: nvidia }, { profile: alauda-hami, cores: 50 }]';
    expect(() => specOf(DOCUMENT, both)).toThrow(expect.objectContaining({ code: 'TY_BACKEND_ACCELERATOR' }));
  });

  it('needs its script in the code, and packages nothing unless told to', () => {
    expect([requiredFiles(specOf(DOCUMENT)), packageJob(specOf(DOCUMENT))]).toEqual([['train.py'], null]);
  });
});
