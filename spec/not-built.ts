import type { SpecIssue } from '../domain/errors.ts';
import { dotted } from './issues.ts';

type Rule = readonly [pattern: string, refused: (value: unknown) => boolean];

const always = (): boolean => true;
const is =
  (...values: readonly unknown[]) =>
  (value: unknown): boolean =>
    values.includes(value);

/**
 * What the schema knows and nothing runs yet. `*` stands for one part of a path. A line is deleted when its field
 * is built. `null` and empty lists mean *not set* and pass.
 */
const NOT_BUILT: readonly Rule[] = [
  ['recipe.kind', is('yolov5', 'llama-factory', 'paddledetection')],
  ['backend.kind', is('volcano', 'kubernetes-job', 'trainjob', 'paddlejob')],
  ['serve.kind', is('kserve')],
  ['package.kind', is('merge-lora')],
  ['package.compute.image', always],
  ['package.compute.env.*.secret', always],
  ['gates', always],
  ['tracking', always],
  ['roles', always],
  ['code.configMap', always],
  ['code.hostPath', always],
  ['code.image', always],
  ['dataset.claim', always],
  ['dataset.sampleSet', always],
  ['dataset.mountPath', always],
  ['dataset.writable', is(true)],
  ['compute.image', always],
  ['compute.procsPerReplica', is('gpu')],
  ['compute.sharedMemory', always],
  ['compute.scratch', always],
  ['compute.volumes', always],
  ['compute.accelerator', always],
  ['compute.flavor', always],
  ['compute.env.*.secret', always],
  ['compute.serviceAccount', always],
  ['compute.imagePullSecrets', always],
  ['compute.imagePullPolicy', always],
  ['compute.nodeSelector', always],
  ['compute.tolerations', always],
  ['compute.affinity', always],
];

/** Fields of a document that are refused because nothing acts on them yet. */
export function findNotBuilt(document: unknown): SpecIssue[] {
  return NOT_BUILT.flatMap(([pattern, refused]) =>
    matches(document, pattern.split('.'))
      .filter(({ value }) => isSet(value) && refused(value))
      .map(({ path, value }) => ({
        path: dotted(path),
        code: 'TY_SPEC_NOT_BUILT' as const,
        message: typeof value === 'string' && refused !== always ? `${value} is not built yet` : 'is not built yet',
      })),
  );
}

interface Match {
  readonly path: readonly string[];
  readonly value: unknown;
}

function matches(value: unknown, pattern: readonly string[], path: readonly string[] = []): Match[] {
  const [head, ...rest] = pattern;
  if (head === undefined) return [{ path, value }];
  if (typeof value !== 'object' || value === null) return [];
  const keys = head === '*' ? Object.keys(value) : [head];
  return keys
    .filter((key) => Object.hasOwn(value, key))
    .flatMap((key) => matches((value as Readonly<Record<string, unknown>>)[key], rest, [...path, key]));
}

function isSet(value: unknown): boolean {
  return value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0);
}
