import type { RolePlan } from '../../domain/job.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import { torchRole } from './cluster-job.ts';
import { trainStep } from './job-request.ts';
import type { CaseOver } from './manifest-cases.ts';

type Cases = Readonly<Record<string, CaseOver>>;

const PRIORITY = { priorityClass: 'trainyard-golden' };
const VOLCANO = { dialects: { trainer: 'runtimePatches', kueue: null, podGroups: 'volcano' } } as const;
const KUEUE = { dialects: { trainer: 'runtimePatches', kueue: 'v1beta2', podGroups: null } } as const;
const COSCHEDULING = { dialects: { trainer: 'runtimePatches', kueue: null, podGroups: 'coscheduling' } } as const;
const TRAINER_21 = { dialects: { trainer: 'podTemplateOverrides', kueue: null, podGroups: null } } as const;

const two = { role: torchRole(2) };
const gangs = {
  'gang-kueue': {
    request: two,
    site: KUEUE,
    backend: { queue: 'ml', workloadPriority: 'high', ...PRIORITY },
  },
  'gang-volcano': { request: two, site: VOLCANO, backend: { gang: 'volcano', queue: 'golden', ...PRIORITY } },
  'gang-coscheduling': {
    request: two,
    site: COSCHEDULING,
    backend: { gang: 'coscheduling', scheduler: 'scheduler-plugins' },
  },
} satisfies Cases;

const role = (name: string, replicas: number, over: Partial<RolePlan> = {}): RolePlan => ({
  name,
  replicas,
  procsPerReplica: 1,
  launcher: 'plain',
  steps: [trainStep(['python3', `${name}.py`])],
  env: {},
  ...over,
});

const MODELS = [
  { claim: 'models', mountPath: '/mnt/models', subPath: 'qwen', readOnly: true },
  { claim: 'models', mountPath: '/mnt/other', subPath: null, readOnly: false },
] as const;
const RUNTIME = { runtime: 'trainyard-golden' };

const SAMPLES = { dataset: { kind: 'mounted', name: 'flowers' } } as const;
const STORE = { uri: 's3://samples/flowers', store: 'juicefs' };

/** What a backend has of its own. */
export const BACKEND_CASES: Readonly<Record<ClusterBackendKind, Cases>> = {
  'kubernetes-job': {
    torchrun: { request: two },
    suspended: { backend: { suspend: true } },
    ...gangs,
  },
  volcano: {
    plainest: {},
    torchrun: { request: two, backend: { queue: 'golden', ...PRIORITY } },
    elastic: { request: { role: torchRole(4) }, backend: { minReplicas: 2, preemptable: true } },
    topology: { request: two, backend: { networkTopology: { mode: 'soft', highestTier: 2 } } },
    'shared-volumes': {
      request: two,
      backend: {
        volumes: [
          { mountPath: '/mnt/made', volumeClaim: { size: '5Gi', storageClass: 'fast', accessMode: 'ReadWriteMany' } },
          { mountPath: '/mnt/mine', claim: 'mine' },
        ],
      },
    },
    roles: {
      request: { roles: [role('driver', 1), role('worker', 4, { env: { MODE: 'sync' } })] },
      terms: {
        driver: { main: true },
        worker: { minSucceeded: 3, maxFailed: 1, pod: { cpu: 4, sharedMemoryBytes: null } },
      },
    },
    'roles-scratch': {
      request: { roles: [role('driver', 1), role('worker', 2)] },
      pod: { scratch: { kind: 'generated', bytes: 2 ** 30, storageClass: null, keep: true } },
    },
  },
  trainjob: {
    plainest: {},
    torchrun: { request: two },
    'own-port': { request: { ...two, rendezvousPort: 8888 } },
    ...gangs,
    topology: {
      request: two,
      site: VOLCANO,
      backend: { gang: 'volcano', networkTopology: { mode: 'hard', highestTier: 1 } },
    },
    'existing-runtime': { request: two, backend: RUNTIME, pod: { volumes: MODELS, nodeSelector: { gpu: 'a100' } } },
    'existing-runtime-kueue': { request: two, backend: { ...RUNTIME, queue: 'ml' }, site: KUEUE },
    'trainer-2.1': { request: two, site: TRAINER_21 },
    'trainer-2.1-existing-runtime': {
      request: two,
      backend: RUNTIME,
      pod: { volumes: MODELS, nodeSelector: { gpu: 'a100' } },
      site: TRAINER_21,
    },
  },
  paddlejob: {
    plainest: {},
    torchrun: { request: two },
    'parameter-servers': {
      request: { roles: [role('ps', 2), role('worker', 3), role('heter', 1)] },
      backend: { intranet: 'Service', gloo: 1, cleanPodPolicy: 'OnCompletion' },
    },
    'sample-set-adopted': { request: two, pod: SAMPLES },
    'sample-set-made': {
      request: two,
      pod: { ...SAMPLES, datasetPath: '/data' },
      backend: {
        sampleSet: {
          keep: false,
          create: { ...STORE, secret: 's3', sync: false, cache: [{ medium: 'SSD', path: '/ssd', gib: 20 }] },
        },
      },
    },
    'sample-set-kept': { request: two, pod: SAMPLES, backend: { sampleSet: { create: STORE } } },
    queued: { request: two, site: VOLCANO, backend: { queue: 'golden', ...PRIORITY } },
  },
};
