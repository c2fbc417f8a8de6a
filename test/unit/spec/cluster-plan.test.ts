import { describe, expect, it } from 'vitest';
import { TrainyardError } from '../../../domain/errors.ts';
import type { PodPlan } from '../../../domain/pod-plan.ts';
import { packageJob, trainJob } from '../../../spec/job-plans.ts';
import { parseSpec, type TrainingSpec } from '../../../spec/training-spec.ts';
import { specInput } from './spec-builder.ts';

function parsed(parts: Readonly<Record<string, unknown>>): TrainingSpec {
  const result = parseSpec(specInput({ backend: { kind: 'volcano', queue: 'ml' }, ...parts }));
  if (!result.ok) throw result.error;
  return result.spec;
}

const IMAGE = { image: 'torch:2' };

function pod(compute: object = {}, parts: object = {}): PodPlan {
  const plan = trainJob(parsed({ compute: { ...IMAGE, ...compute }, ...parts })).cluster?.options.pod;
  if (plan === undefined) throw new Error('no plan of pods');
  return plan;
}

describe('the plan of a job on a cluster', () => {
  it('holds the defaults of containers, and the options of its backend', () => {
    const { cluster } = trainJob(parsed({ compute: IMAGE }));
    expect(cluster).toEqual({
      kind: 'volcano',
      options: {
        backend: { kind: 'volcano', queue: 'ml' },
        roles: {},
        pod: {
          image: 'torch:2',
          imagePullPolicy: null,
          imagePullSecrets: [],
          serviceAccount: null,
          cpu: null,
          memoryBytes: null,
          cpuRequest: null,
          memoryRequestBytes: null,
          accelerators: [],
          sharedMemoryBytes: 2 * 2 ** 30,
          scratch: { kind: 'node', bytes: null },
          volumes: [],
          secretEnv: {},
          code: { kind: 'workspace' },
          dataset: { kind: 'workspace' },
          datasetPath: null,
          nodeSelector: {},
          tolerations: [],
          affinity: null,
        },
      },
    });
  });

  it('holds what the spec says of the pods, and nothing twice', () => {
    const compute = {
      cpu: 2,
      requests: { cpu: '500m' },
      sharedMemory: null,
      volumes: [{ claim: 'c', mountPath: '/c', readOnly: true }],
      env: { A: 1, B: { secret: { name: 's', key: 'k' } } },
      serviceAccount: 'trainer',
      imagePullSecrets: ['pull'],
      nodeSelector: { 'example.com/gpu': 'a100' },
      tolerations: [{ key: 'gpu', operator: 'Exists' }],
      affinity: { podAntiAffinity: { x: [] } },
      accelerator: [{ profile: 'nvidia', count: 2 }, { profile: 'rdma' }, { profile: 'hami', count: null }],
    };
    expect(pod(compute)).toMatchObject({
      cpu: null,
      cpuRequest: 0.5,
      sharedMemoryBytes: null,
      volumes: [{ claim: 'c', mountPath: '/c', subPath: null, readOnly: true }],
      secretEnv: { B: { secret: 's', key: 'k' } },
      serviceAccount: 'trainer',
      imagePullSecrets: ['pull'],
      nodeSelector: { 'example.com/gpu': 'a100' },
      tolerations: [{ key: 'gpu', operator: 'Exists' }],
      affinity: { podAntiAffinity: { x: [] } },
      accelerators: [
        { profile: 'nvidia', count: 2, cores: null, memoryBytes: null },
        { profile: 'rdma', count: 1, cores: null, memoryBytes: null },
      ],
    });
    const plan = trainJob(parsed({ compute: { ...IMAGE, ...compute } }));
    expect([plan.resources.cpu, plan.roles[0]?.env]).toEqual([2, { A: '1' }]);
  });

  it.each([
    ['a claim', { claim: 'pvc' }, { kind: 'claim', claim: 'pvc', subPath: null }],
    ['a folder of a claim', { claim: 'pvc/a/b' }, { kind: 'claim', claim: 'pvc', subPath: 'a/b' }],
  ])('finds the dataset in %s', (_where, dataset, expected) => {
    expect(pod({}, { dataset }).dataset).toEqual(expected);
  });

  it('waits for room as long as the spec says, and for ever if it says null', () => {
    expect(trainJob(parsed({ compute: IMAGE, limits: { queued: '2h' } })).deadlines.queuedSeconds).toBe(7200);
    expect(trainJob(parsed({ compute: IMAGE, limits: { queued: null } })).deadlines.queuedSeconds).toBeNull();
  });

  it.each([
    ['gpu', { profile: 'nvidia', count: 4 }, 4],
    ['auto', { profile: 'nvidia', count: 4 }, 4],
    ['auto', null, 1],
    [2, { profile: 'nvidia', count: 4 }, 2],
  ])('has processes of a replica for %s', (procsPerReplica, accelerator, expected) => {
    const plan = trainJob(parsed({ compute: { ...IMAGE, procsPerReplica, accelerator } }));
    expect(plan.roles[0]?.procsPerReplica).toBe(expected);
  });

  it('takes the image of the site where the spec has none', () => {
    expect(trainJob(parsed({}), { image: 'site:1' }).cluster?.options.pod.image).toBe('site:1');
    expect(trainJob(parsed({ compute: IMAGE }), { image: 'site:1' }).cluster?.options.pod.image).toBe('torch:2');
  });

  it('is refused where nobody says the image, naming the field', () => {
    const make = (): unknown => trainJob(parsed({}), { image: null });
    expect(make).toThrow(TrainyardError);
    expect(make).toThrow(
      expect.objectContaining({
        code: 'TY_SPEC_INVALID',
        details: expect.objectContaining({ where: 'compute.image' }),
      }),
    );
  });

  it('is absent on this machine, whatever is said of containers', () => {
    const compute = {
      ...IMAGE,
      sharedMemory: '4Gi',
      nodeSelector: { a: 'b' },
      serviceAccount: 'x',
      scratch: { size: 1 },
    };
    const plan = trainJob(parsed({ backend: { kind: 'local' }, compute }));
    expect([Object.hasOwn(plan, 'cluster'), Object.hasOwn(plan.deadlines, 'queuedSeconds')]).toEqual([false, false]);
  });
});

describe('the plan of a packaging job on a cluster', () => {
  const training = {
    ...IMAGE,
    cpu: 8,
    requests: { cpu: 2 },
    accelerator: { profile: 'nvidia' },
    scratch: { claim: 'big' },
    volumes: [{ claim: 'c', mountPath: '/c' }],
    env: { T: { secret: { name: 's', key: 'k' } } },
  };

  it('is as the training job, but without its devices and its scratch space', () => {
    const plan = packageJob(parsed({ compute: training, package: { script: 'e.py' }, dataset: { claim: 'd' } }));
    expect(plan?.resources.cpu).toBe(8);
    expect(plan?.cluster?.options.roles).toEqual({});
    expect(plan?.cluster?.options.pod).toMatchObject({
      image: 'torch:2',
      cpuRequest: 2,
      accelerators: [],
      scratch: { kind: 'node', bytes: null },
      volumes: [{ claim: 'c' }],
      dataset: { kind: 'claim', claim: 'd' },
      secretEnv: { T: { secret: 's', key: 'k' } },
    });
  });

  it('has its own image, bounds and secrets where the spec gives them', () => {
    const compute = { image: 'cpu:1', cpu: 1, env: { P: { secret: { name: 'p', key: 'k' } } } };
    const plan = packageJob(parsed({ compute: training, package: { script: 'e.py', compute } }));
    expect(plan?.resources.cpu).toBe(1);
    expect(plan?.cluster?.options.pod).toMatchObject({
      image: 'cpu:1',
      cpuRequest: null,
      secretEnv: { P: { secret: 'p', key: 'k' } },
    });
  });
});

describe('roles', () => {
  const roles = [
    { name: 'chief', command: 'a', image: 'chief:1', resources: { cpu: 4 }, main: true },
    { name: 'worker', command: 'b', params: { lr: 0.1 }, env: { K: 'plain' }, resources: { memory: null } },
  ];
  const shared = { ...IMAGE, cpu: 1, memory: '1Gi', env: { A: 1, K: { secret: { name: 's', key: 'k' } } } };
  const plan = trainJob(parsed({ recipe: null, compute: shared, roles }));

  it('take from compute what they leave out, and null means not set', () => {
    const terms = plan.cluster?.options.roles ?? {};
    expect(terms['chief']?.pod).toMatchObject({ image: 'chief:1', cpu: 4, memoryBytes: 2 ** 30 });
    expect(terms['worker']?.pod).toMatchObject({ image: 'torch:2', cpu: 1, memoryBytes: null });
    expect(plan.resources).toMatchObject({ cpu: null, memoryBytes: null });
  });

  it('replace a secret of all by a text of their own', () => {
    expect(plan.roles.map(({ env }) => env)).toEqual([{ A: '1' }, { A: '1', K: 'plain' }]);
    expect(plan.cluster?.options.roles['worker']?.pod.secretEnv).toEqual({});
    expect(plan.cluster?.options.roles['chief']?.pod.secretEnv).toEqual({ K: { secret: 's', key: 'k' } });
  });

  it('need no image of all when each has its own', () => {
    const all = roles.map((role) => ({ ...role, image: 'own:1' }));
    expect(trainJob(parsed({ recipe: null, roles: all })).cluster?.options.pod.image).toBe('own:1');
    expect(() => trainJob(parsed({ recipe: null, roles }))).toThrow(TrainyardError);
  });

  it('can all be packaged as a recipe’s result is', () => {
    const spec = parsed({ recipe: null, compute: IMAGE, roles, package: { script: 'e.py' } });
    expect(packageJob(spec)?.roles.map(({ name }) => name)).toEqual(['package']);
  });
});
