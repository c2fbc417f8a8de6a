import { STAGES, type Stage } from '../domain/stage.ts';
import { canonicalJson } from './canonical-json.ts';
import type { TrainingSpec } from './schema.ts';

/** The first stage that reads a field. `resolve`: only a new run does. `any`: nothing that is done depends on it. */
export type FieldReader = Stage | 'any';

/** Fields that do not all have one reader; `*` stands for the others, where there are others. */
type FieldReaders = Readonly<Record<string, FieldReader>>;

/** An answer for each field of the spec: a field that is added has none, and is refused by the compiler. */
const READERS: { readonly [Field in keyof Required<TrainingSpec>]: FieldReader | FieldReaders } = {
  name: 'resolve',
  project: 'resolve',
  displayName: 'any',
  description: 'any',
  labels: 'any',
  model: 'fetch',
  code: 'fetch',
  dataset: 'fetch',
  credentials: 'fetch',
  recipe: 'train',
  // What a run has left lies in the workspace of its site.
  backend: { site: 'resolve', '*': 'train' },
  compute: 'train',
  roles: 'train',
  tracking: 'train',
  package: 'package',
  evaluate: 'package',
  output: 'push',
  serve: 'register',
  gates: { train: 'train', push: 'push', register: 'register' },
  limits: 'any',
  retries: 'any',
  onFailure: 'any',
};

/** Who reads the field at a dotted path first; `undefined` for a field that does not exist, or has no answer yet. */
export function readerOf(path: string): FieldReader | undefined {
  const [field = '', inner] = path.split('.');
  const reader = Object.hasOwn(READERS, field) ? READERS[field as keyof TrainingSpec] : undefined;
  if (reader === undefined || typeof reader === 'string') return reader;
  // The set as a whole: what was in it has paths of its own.
  if (inner === undefined) return 'any';
  return Object.hasOwn(reader, inner) ? reader[inner] : reader['*'];
}

/** The first stage that has to run again when these fields change; `null` = none has to. */
export function earliestStage(changedPaths: readonly string[]): Stage | null {
  const readers = changedPaths.map((path) => readerOf(path) ?? 'resolve');
  return STAGES.find((stage) => readers.includes(stage)) ?? null;
}

/** Dotted paths of all values in which two parsed specs differ, in order. */
export function changedPaths(before: unknown, after: unknown): readonly string[] {
  const [a, b] = [leaves(before), leaves(after)];
  const paths = new Set([...a.keys(), ...b.keys()]);
  return [...paths].filter((path) => a.get(path) !== b.get(path)).toSorted();
}

/** Each value of a document that has no parts, as text, by its path. */
export function leaves(value: unknown, path = '', found = new Map<string, string>()): Map<string, string> {
  const entries =
    typeof value === 'object' && value !== null ? Object.entries(value).filter(([, item]) => item !== undefined) : [];
  if (entries.length === 0) {
    if (value !== undefined) found.set(path, canonicalJson(value));
    return found;
  }
  for (const [key, item] of entries) leaves(item, path === '' ? key : `${path}.${key}`, found);
  return found;
}
