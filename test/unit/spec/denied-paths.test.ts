import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../domain/cluster-job.ts';
import { TrainyardError } from '../../../domain/errors.ts';
import { parseSpec } from '../../../spec/training-spec.ts';
import { podSpecs, type PodSpecView } from '../../support/pod-view.ts';
import { BACKENDS, renderTraining } from '../../support/render-spec.ts';
import { DENIED_FIELDS, generator, HOSTILE_WORDS, type Generator } from '../../support/hostile-words.ts';

/** Fields of objects that no user may bring in, whatever they hold. */
const DENIED = [...DENIED_FIELDS, 'livenessProbe', 'finalizers', 'ownerReferences'];

/** Maps whose keys are the user's by right. */
const OPEN_MAPS = ['nodeSelector', 'nodeAffinity', 'podAffinity', 'podAntiAffinity'];

/** What every pod must say, whatever the spec does. */
function expectClosed(pod: PodSpecView, hint: string): void {
  expect(pod, hint).toMatchObject({
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
  });
  for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
    expect({ ...(pod['securityContext'] as object), ...container.securityContext }, hint).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
  }
}

function fieldNames(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== 'object' || value === null) return found;
  for (const [key, inner] of Object.entries(value)) {
    if (!Array.isArray(value)) found.add(key);
    if (!OPEN_MAPS.includes(key)) fieldNames(inner, found);
  }
  return found;
}

/** A spec with something hostile in every text a person can write; half of each kind of field is left out. */
function hostileSpec(kind: string, { word, maybe, pairs, number }: Generator): Readonly<Record<string, unknown>> {
  const image = maybe(() => word('registry.example/team/x:1'));
  const env = maybe(() => ({ ...pairs(), SECRET: { secret: { name: word('s'), key: word('k') } } }));
  const resources = { cpu: 1, memory: '1Gi', [word('requests')]: { cpu: '500m' } };
  const recipe = { kind: 'command', command: [word('python'), word(), word()], args: maybe(pairs) };
  const role = (name: string): object => ({ name, command: [word('x')], params: pairs(), env, resources, image });
  const roles = kind === 'volcano' ? maybe(() => [role(word('a')), role('b')]) : undefined;
  return {
    name: 'hostile',
    displayName: word(),
    description: word(),
    labels: pairs(),
    model: { repo: 'https://git.example/m', ref: word('main'), [word('ref')]: word('main') },
    code: maybe(() => ({ [word('configMap')]: word('c') })),
    dataset: maybe(() => ({ claim: word('c/d'), mountPath: word('/data') })),
    output: { repo: 'https://git.example/o', branch: word('{name}') },
    ...(roles === undefined ? { recipe } : { roles }),
    backend: { kind, queue: maybe(() => word('q')), priorityClass: maybe(() => word('p')), [word('site')]: 'gpu' },
    compute: {
      image: image ?? 'registry.example/x:1',
      replicas: number(1, 3),
      env,
      sharedMemory: maybe(() => word('1Gi')),
      scratch: maybe(() => ({ volumeClaim: { size: '1Gi', storageClass: word('fast'), keep: number(0, 1) === 1 } })),
      volumes: maybe(() => [{ claim: word('c'), mountPath: `/mnt/${word('x')}`, subPath: word('y') }]),
      accelerator: maybe(() => ({ profile: word('nvidia') })),
      serviceAccount: maybe(() => word('default'), 0.1),
      imagePullSecrets: maybe(() => [word('pull')]),
      nodeSelector: maybe(pairs),
      tolerations: maybe(() => [{ key: word('k'), value: word('v'), [word('effect')]: 'NoSchedule' }]),
      affinity: maybe(() => ({ [word('nodeAffinity')]: pairs() })),
      [word('procsPerReplica')]: 1,
    },
  };
}

/** A cluster with all that can be installed, so that little is refused for its lack. */
const SITE = { dialects: { trainer: 'runtimePatches', kueue: 'v1beta2', podGroups: 'volcano' } } as const;

/** The objects of a spec; `null` if it is refused, which it must be in our own words. */
function attempt(spec: unknown): readonly KubeObject[] | null {
  try {
    const parsed = parseSpec(spec);
    return parsed.ok ? renderTraining(parsed.spec, SITE) : null;
  } catch (error) {
    if (error instanceof TrainyardError) return null;
    throw error;
  }
}

describe.each(Object.keys(BACKENDS))('a spec for %s', (kind) => {
  it('cannot reach what the template of a pod keeps to itself', () => {
    let rendered = 0;
    for (let seed = 1; seed <= 600; seed += 1) {
      const objects = attempt(hostileSpec(kind, generator(seed)));
      if (objects === null) continue;
      rendered += 1;
      const names = fieldNames(objects);
      expect(
        DENIED.filter((name) => names.has(name)),
        `seed ${seed}`,
      ).toEqual([]);
      const pods = objects.flatMap(podSpecs);
      expect(pods.length, `seed ${seed}`).toBeGreaterThan(0);
      for (const pod of pods) expectClosed(pod, `seed ${seed}`);
    }
    expect(rendered).toBeGreaterThan(150);
  });

  it.each(HOSTILE_WORDS)('takes %j for text wherever it takes it at all', (word) => {
    const base = hostileSpec(kind, generator(0, []));
    const recipe = { kind: 'command', command: ['python', word], args: { option: word } };
    const plain = attempt({ ...base, roles: undefined, recipe: { ...recipe, command: ['python', 'x'], args: {} } });
    const made = attempt({ ...base, roles: undefined, recipe });
    expect(plain).not.toBeNull();
    if (made === null) return;
    expect([...fieldNames(made)].toSorted()).toEqual([...fieldNames(plain)].toSorted());
    expect(JSON.stringify(made)).toContain(JSON.stringify(word.replaceAll('$', '$$$$')));
  });
});
