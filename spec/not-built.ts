import type { SpecIssue } from '../domain/errors.ts';
import { dotted } from './issues.ts';

/** A reserved field, or reserved values of a field. */
export interface NotBuilt {
  /** `*` stands for one part of the path. */
  readonly path: string;
  /** The values that are refused; without it every value is. */
  readonly values?: readonly unknown[];
}

const fields = (...paths: readonly string[]): readonly NotBuilt[] => paths.map((path) => ({ path }));

/**
 * What the schema knows and nothing runs yet. An entry is deleted when its field is built. `null` and empty lists
 * mean *not set* and pass.
 */
export const NOT_BUILT: readonly NotBuilt[] = [
  { path: 'recipe.kind', values: ['yolov5', 'llama-factory', 'paddledetection'] },
  { path: 'serve.kind', values: ['kserve'] },
  { path: 'package.kind', values: ['merge-lora'] },
  { path: 'dataset.writable', values: [true] },
  ...fields('tracking', 'compute.flavor'),
];

/** Fields of a document that are refused because nothing acts on them yet. */
export function findNotBuilt(document: unknown): SpecIssue[] {
  return NOT_BUILT.flatMap(({ path: pattern, values }) =>
    matches(document, pattern.split('.'))
      .filter(({ value }) => isSet(value) && (values === undefined || values.includes(value)))
      .map(({ path, value }) => ({
        path: dotted(path),
        code: 'TY_SPEC_NOT_BUILT' as const,
        message: values === undefined ? 'is not built yet' : `${String(value)} is not built yet`,
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
