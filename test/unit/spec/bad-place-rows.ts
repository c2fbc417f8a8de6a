import { row, torchrun } from './bad-input-rows.ts';
import type { BadInput } from './bad-input-rows.ts';

const on = (kind: string, parts: object): Readonly<Record<string, unknown>> => ({ backend: { kind }, ...parts });
const roles = (...more: readonly object[]): Readonly<Record<string, unknown>> => ({
  recipe: null,
  ...on('volcano', { roles: more.map((one, index) => ({ name: `r${index}`, command: 'x', ...one })) }),
});
const compute = (more: object): object => ({ compute: more });

/** What needs a cluster, or another backend, and what no cluster would take. */
export const PLACE_ROWS: readonly BadInput[] = [
  ...(
    [
      [
        'a secret in the environment',
        compute({ env: { T: { secret: { name: 'a', key: 'b' } } } }),
        'compute.env.T.secret',
      ],
      ['devices', compute({ accelerator: { profile: 'nvidia' } }), 'compute.accelerator'],
      ['further claims', compute({ volumes: [{ claim: 'c', mountPath: '/c' }] }), 'compute.volumes'],
      ['a scratch claim', compute({ scratch: { claim: 'c' } }), 'compute.scratch.claim'],
      ['a made scratch claim', compute({ scratch: { volumeClaim: { size: '1Gi' } } }), 'compute.scratch.volumeClaim'],
      ['data of a claim', { dataset: { claim: 'pvc/path' } }, 'dataset.claim'],
      ['a sample set', { dataset: { sampleSet: 'coco' } }, 'dataset.sampleSet'],
      ['a place for the data', { dataset: { repo: 'https://h/d', mountPath: '/d' } }, 'dataset.mountPath'],
      ['code of a ConfigMap', { code: { configMap: 'c' } }, 'code.configMap'],
      ['code of a node', { code: { hostPath: '/c' } }, 'code.hostPath'],
      ['code of an image', { code: { image: '/c' } }, 'code.image'],
      ['unlike roles', { recipe: null, roles: [{ name: 'a', command: 'x' }] }, 'roles'],
      [
        'a secret for packaging',
        { package: { script: 'e.py', compute: { env: { T: { secret: { name: 'a', key: 'b' } } } } } },
        'package.compute.env.T.secret',
      ],
    ] as const
  ).map(([claim, parts, path]) =>
    row(`${claim} on this machine`, parts as BadInput['parts'], 'TY_BACKEND_UNSUPPORTED', path, {
      says: /needs a cluster/,
    }),
  ),
  row(
    'a sample set away from PaddleCloud',
    on('volcano', { dataset: { sampleSet: 'coco' } }),
    'TY_BACKEND_UNSUPPORTED',
    'dataset.sampleSet',
    { says: /paddlejob/ },
  ),
  row(
    'unlike roles where replicas are alike',
    { ...roles({}, {}), backend: { kind: 'trainjob' } },
    'TY_BACKEND_UNSUPPORTED',
    'roles',
    { says: /volcano takes any/ },
  ),
  row(
    'whole devices and shares of them',
    on('volcano', compute({ accelerator: [{ profile: 'nvidia' }, { profile: 'alauda-hami', cores: 50 }] })),
    'TY_BACKEND_ACCELERATOR',
    'compute.accelerator',
    { says: /nvidia, alauda-hami/ },
  ),
  row('no training at all', { recipe: null }, 'TY_SPEC_INVALID', 'recipe', { says: /required/ }),
  row('a recipe beside roles', { ...roles({}), recipe: torchrun({}) }, 'TY_SPEC_INVALID', 'roles'),
  row('two roles of one name', roles({ name: 'a' }, { name: 'a' }), 'TY_SPEC_INVALID', 'roles.1.name'),
  row('more successes than replicas', roles({ minSucceeded: 2 }), 'TY_SPEC_INVALID', 'roles.0.minSucceeded'),
  row('a role that may fail as a whole', roles({ maxFailed: 1 }), 'TY_SPEC_INVALID', 'roles.0.maxFailed'),
  row(
    'a request above its limit',
    compute({ cpu: 1, requests: { cpu: '1500m' } }) as BadInput['parts'],
    'TY_SPEC_INVALID',
    'compute.requests.cpu',
    { says: /1\.5 is above 1/ },
  ),
  row(
    "a role's request above the limit of all",
    { ...roles({ resources: { requests: { memory: '2Gi' } } }), compute: { memory: '1Gi' } },
    'TY_SPEC_INVALID',
    'roles.0.resources.requests.memory',
  ),
  row(
    'a process a device, without one',
    compute({ procsPerReplica: 'gpu' }) as BadInput['parts'],
    'TY_SPEC_INVALID',
    'compute.procsPerReplica',
    {
      says: /accelerator/,
    },
  ),
  row(
    'two kinds of scratch space',
    on('volcano', compute({ scratch: { size: '1Gi', claim: 'c' } })),
    'TY_SPEC_INVALID',
    'compute.scratch',
    { says: /not size and claim/ },
  ),
  row(
    'an unknown field of a device',
    on('volcano', compute({ accelerator: { profile: 'nvidia', core: 5 } })),
    'TY_SPEC_UNKNOWN_KEY',
    'compute.accelerator.core',
    { suggestion: 'cores' },
  ),
  row(
    'a field of pods that nobody may set',
    compute({ hostNetwork: true }) as BadInput['parts'],
    'TY_SPEC_UNKNOWN_KEY',
    'compute.hostNetwork',
  ),
  row(
    'a mount with a way out',
    on('volcano', compute({ volumes: [{ claim: 'c', mountPath: '/a/../etc' }] })),
    'TY_SPEC_INVALID',
    'compute.volumes.0.mountPath',
  ),
  row('an image with a space', compute({ image: 'a b' }) as BadInput['parts'], 'TY_SPEC_INVALID', 'compute.image'),
  row('a folder outside a claim', on('volcano', { dataset: { claim: 'c/../x' } }), 'TY_SPEC_INVALID', 'dataset.claim'),
];
