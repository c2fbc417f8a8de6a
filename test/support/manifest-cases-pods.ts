import type { ClusterSite } from '../../domain/cluster-job.ts';
import type { AcceleratorPlan, ScratchPlan } from '../../domain/pod-plan.ts';
import type { HandoverPlan, ReplicaSources } from '../../domain/replica-plan.ts';
import { torchRole } from './cluster-job.ts';
import type { CaseOver } from './manifest-cases.ts';

const GIB = 2 ** 30;

const accelerator = (profile: string, over: Partial<AcceleratorPlan> = {}): CaseOver => ({
  pod: { accelerators: [{ profile, count: 1, cores: null, memoryBytes: null, ...over }] },
});
const shares = { count: 2, cores: 50, memoryBytes: 8 * GIB };
const scratch = (plan: ScratchPlan): CaseOver => ({ pod: { scratch: plan } });

const step = (name: 'package' | 'layout' | 'evaluate', program: string) =>
  ({ name, argv: ['python3', program], cwd: 'code' }) as const;

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const pin = (name: string) =>
  ({ kind: 'git', url: `https://git.example/ml/${name}`, credential: 'forge', ref: 'main', commit: COMMIT }) as const;
const SOURCES: ReplicaSources = {
  model: pin('digits'),
  code: null,
  dataset: pin('images'),
  requiredFiles: ['train.py'],
  trained: null,
};
const replicaSite = (handover: HandoverPlan): Partial<ClusterSite> => ({
  workspace: {
    claim: null,
    root: '/workspace',
    subPath: '',
    replicas: {
      image: 'registry.example/trainyard:1',
      command: ['trainyard'],
      credentials: 'trainyard-git',
      git: { allow: [], insecureTls: [], lowSpeed: { bytesPerSecond: 1000, seconds: 60 } },
      handover,
    },
  },
});

/** What a spec says of pods, on whichever backend. */
export const POD_CASES: Readonly<Record<string, CaseOver>> = {
  plainest: {},
  packaging: {
    packaging: true,
    request: {
      name: 'digits-abcdefgh-p1',
      role: { steps: [step('package', 'export.py'), step('layout', 'layout.py'), step('evaluate', 'evaluate.py')] },
    },
  },
  'accelerator-nvidia': accelerator('nvidia', { count: 4 }),
  'accelerator-hami': accelerator('hami', shares),
  'accelerator-alauda-hami': accelerator('alauda-hami', shares),
  'accelerator-volcano-vgpu': accelerator('volcano-vgpu', shares),
  'accelerator-ascend910': accelerator('ascend910', { count: 8 }),
  'accelerator-of-the-site': {
    ...accelerator('mig', { count: 1 }),
    site: { profiles: { mig: { count: 'nvidia.com/mig-1g.5gb', cores: null, memory: null } } },
  },
  'accelerator-with-network': {
    pod: {
      accelerators: [
        { profile: 'nvidia', count: 8, cores: null, memoryBytes: null },
        { profile: 'rdma', count: 1, cores: null, memoryBytes: null },
      ],
    },
    site: { profiles: { rdma: { count: 'rdma/hca', cores: null, memory: null } } },
  },
  'scratch-of-the-node': scratch({ kind: 'node', bytes: 20 * GIB }),
  'scratch-generated': scratch({ kind: 'generated', bytes: 5 * GIB, storageClass: 'fast', keep: false }),
  'scratch-kept': scratch({ kind: 'generated', bytes: 5 * GIB, storageClass: null, keep: true }),
  'scratch-claim': scratch({ kind: 'claim', claim: 'mine' }),
  'local-copies': {
    pod: { localCopies: true, scratch: { kind: 'node', bytes: 20 * GIB } },
  },
  'replicas-s3': {
    request: { role: torchRole(2) },
    sources: SOURCES,
    site: replicaSite({
      kind: 's3',
      bucket: 'runs',
      prefix: 'ml/',
      region: 'us-east-1',
      endpoint: 'https://s3.example.com',
      pathStyle: true,
      secret: 'trainyard-s3',
    }),
    pod: { scratch: { kind: 'node', bytes: 20 * GIB } },
  },
  'replicas-claim': {
    packaging: true,
    request: {
      name: 'digits-abcdefgh-p1',
      role: { steps: [step('package', 'export.py'), step('layout', '{assets}/layout.py')] },
    },
    sources: { ...SOURCES, trained: 'runs/run-digits-1/digits-abcdefgh-t1' },
    site: replicaSite({ kind: 'claim', claim: 'handover' }),
  },
  volumes: {
    pod: {
      volumes: [
        { claim: 'models', mountPath: '/mnt/models', subPath: 'qwen', readOnly: true },
        { claim: 'models', mountPath: '/mnt/other', subPath: null, readOnly: false },
        { claim: 'cache', mountPath: '/root/.cache', subPath: null, readOnly: false },
      ],
    },
  },
  'code-config-map': { pod: { code: { kind: 'configMap', name: 'script' } } },
  'code-host-path': {
    pod: { code: { kind: 'hostPath', path: '/data/scripts' } },
    site: { hostPathAllowed: true },
    hostPath: true,
  },
  'code-image': { pod: { code: { kind: 'image', path: '/opt/train' } } },
  'dataset-claim': { pod: { dataset: { kind: 'claim', claim: 'imagenet', subPath: '2012' }, datasetPath: '/data' } },
  placement: {
    request: { resources: { cpu: 2.5, memoryBytes: 8 * GIB }, graceSeconds: 120 },
    pod: {
      imagePullPolicy: 'Always',
      imagePullSecrets: ['registry'],
      serviceAccount: 'trainer',
      cpuRequest: 0.5,
      memoryRequestBytes: GIB,
      secretEnv: { HF_TOKEN: { secret: 'hugging-face', key: 'token' } },
      nodeSelector: { 'gpu.example/kind': 'a100' },
      tolerations: [
        { key: 'gpu', operator: 'Exists', effect: 'NoSchedule' },
        { key: 'spot', operator: 'Equal', value: 'true', effect: 'NoExecute', tolerationSeconds: 60 },
      ],
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['a', 'b'] }] }],
          },
        },
      },
    },
    site: {
      serviceAccounts: ['trainer'],
      runAs: { user: 2000, group: 3000 },
      workspace: { claim: 'shared', root: '/workspace', subPath: 'trainyard' },
    },
  },
};
