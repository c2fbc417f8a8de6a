import { describe, expect, it } from 'vitest';
import { kubernetesJobBackend } from '../../../../backends/kubernetes-job/backend.ts';
import { kubernetesJobBackendOptions } from '../../../../backends/kubernetes-job/options.ts';
import { paddlejobBackend } from '../../../../backends/paddlejob/backend.ts';
import { paddlejobBackendOptions } from '../../../../backends/paddlejob/options.ts';
import { trainjobBackend } from '../../../../backends/trainjob/backend.ts';
import { trainjobBackendOptions } from '../../../../backends/trainjob/options.ts';
import { volcanoBackend } from '../../../../backends/volcano/backend.ts';
import { volcanoBackendOptions } from '../../../../backends/volcano/options.ts';
import type { ClusterBackend, ClusterSite, KubeObject } from '../../../../domain/cluster-job.ts';
import { TrainyardError } from '../../../../domain/errors.ts';
import type { JobRequest } from '../../../../domain/job.ts';
import type { PodPlan, TolerationPlan } from '../../../../domain/pod-plan.ts';
import { clusterOptions, clusterRequest, clusterSite, torchRole } from '../../../support/cluster-job.ts';
import { DENIED_FIELDS } from '../../../support/hostile-words.ts';
import { trainStep } from '../../../support/job-request.ts';

/** What no pod of a user may have. */
const DENIED = [...DENIED_FIELDS, 'setHostnameAsFQDN', 'dnsConfig', '__proto__', 'constructor'];

const WORDS = [
  ...DENIED,
  '{"hostNetwork":true}',
  'securityContext:\n  privileged: true',
  "'; privileged: true #",
  '$(cat /etc/passwd)',
  '../..',
  'a/../../etc',
  '\u0000',
  '\n---\nkind: Secret',
  '{{ .Values.x }}',
  '测试',
  '',
  ' ',
  '-',
  '*',
  '&anchor',
  'true',
  '0',
];

/** A small generator that gives the same numbers for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function hostile(seed: number): {
  readonly request: JobRequest;
  readonly pod: Partial<PodPlan>;
} {
  const next = random(seed);
  const word = (): string => WORDS[Math.floor(next() * WORDS.length)] ?? '';
  const pairs = (): Record<string, string> =>
    Object.fromEntries([
      [word(), word()],
      [word(), word()],
    ]);
  const env = pairs();
  const role = torchRole(1 + Math.floor(next() * 3), {
    launcher: next() < 0.5 ? 'plain' : 'torchrun',
    steps: [trainStep([word(), word(), word()])],
    env,
  });
  const request = { ...clusterRequest({ roles: [role] }), runId: `run-${seed}` };
  // More fields than a toleration has, as a careless caller could pass them on.
  const toleration = { key: word(), value: word(), effect: 'NoSchedule' } as TolerationPlan;
  return {
    request,
    pod: {
      image: word(),
      imagePullSecrets: [word()],
      serviceAccount: next() < 0.3 ? word() : null,
      code: next() < 0.3 ? { kind: 'hostPath', path: word() } : { kind: 'configMap', name: word() },
      dataset: { kind: 'claim', claim: word(), subPath: word() },
      volumes: [{ claim: word(), mountPath: `/mnt/${word()}`, subPath: word(), readOnly: false }],
      secretEnv: { [word()]: { secret: word(), key: word() } },
      nodeSelector: pairs(),
      tolerations: [toleration],
    },
  };
}

/** Every key of the objects, but for maps whose keys are the user's by right. */
function fieldNames(value: unknown, found: Set<string> = new Set()): Set<string> {
  if (Array.isArray(value)) for (const one of value) fieldNames(one, found);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      found.add(key);
      if (key !== 'nodeSelector') fieldNames(inner, found);
    }
  }
  return found;
}

function on<Options>(backend: ClusterBackend<Options>, options: Options, site: Partial<ClusterSite> = {}): Render {
  return (request, pod) => backend.render(request, clusterSite(site), clusterOptions(options, pod));
}

type Render = (request: JobRequest, pod: Partial<PodPlan>) => readonly KubeObject[];

const trainer = (fields: object): ReturnType<typeof trainjobBackendOptions.parse> =>
  trainjobBackendOptions.parse({ kind: 'trainjob', ...fields });
const old = { dialects: { trainer: 'podTemplateOverrides', kueue: null, podGroups: null } } as const;

const BACKENDS: readonly (readonly [string, Render])[] = [
  ['kubernetes-job', on(kubernetesJobBackend, kubernetesJobBackendOptions.parse({ kind: 'kubernetes-job' }))],
  ['volcano', on(volcanoBackend, volcanoBackendOptions.parse({ kind: 'volcano' }))],
  ['trainjob', on(trainjobBackend, trainer({}))],
  ['trainjob on an existing runtime', on(trainjobBackend, trainer({ runtime: 'torch' }))],
  ['trainjob of Trainer 2.1', on(trainjobBackend, trainer({ runtime: 'torch' }), old)],
  ['paddlejob', on(paddlejobBackend, paddlejobBackendOptions.parse({ kind: 'paddlejob' }))],
];

describe.each(BACKENDS)('what users write, on %s,', (_kind, render) => {
  it('never becomes a field of a pod that they may not set', () => {
    let rendered = 0;
    for (let seed = 1; seed <= 500; seed += 1) {
      const { request, pod } = hostile(seed);
      let objects: readonly KubeObject[];
      try {
        objects = render(request, pod);
      } catch (error) {
        expect(error, `seed ${seed}`).toBeInstanceOf(TrainyardError);
        continue;
      }
      rendered += 1;
      const names = fieldNames(objects);
      expect(
        DENIED.filter((name) => names.has(name)),
        `seed ${seed}`,
      ).toEqual([]);
      expect(JSON.parse(JSON.stringify(objects)), `seed ${seed}`).toEqual(objects);
    }
    expect(rendered).toBeGreaterThan(100);
  });

  it('is never shell text: a program gets its arguments one by one', () => {
    for (let seed = 1; seed <= 100; seed += 1) {
      const { request } = hostile(seed);
      const [role] = request.plan.roles;
      const argv = role?.steps[0]?.argv.map((one) => one.replaceAll('$', '$$$$')) ?? [];
      const text = JSON.stringify(render(request, {}));
      const tail = JSON.stringify(argv[0] === 'python3' ? argv.slice(1) : argv).slice(1);
      expect(text, `seed ${seed}`).toContain(tail);
    }
  });
});
