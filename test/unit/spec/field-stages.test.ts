import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '../../../spec/json-schema.ts';
import { toJsonSchema } from '../../../spec/json-schema.ts';
import { changedPaths, earliestStage, readerOf } from '../../../spec/field-stages.ts';
import { trainingSpec } from '../../../spec/schema.ts';

/** Paths of every field that may be written, whatever `kind` chooses. */
function allPaths(node: JsonSchema, path: readonly string[] = []): readonly string[] {
  const inner = [
    ...(node.oneOf ?? []).flatMap((one) => allPaths(one, path)),
    ...(node.anyOf ?? []).flatMap((one) => allPaths(one, path)),
    ...Object.entries(node.properties ?? {}).flatMap(([key, one]) => allPaths(one, [...path, key])),
    ...(node.items === undefined ? [] : allPaths(node.items, [...path, '0'])),
    ...(typeof node.additionalProperties === 'object' ? allPaths(node.additionalProperties, [...path, 'key']) : []),
  ];
  return path.length === 0 ? inner : [path.join('.'), ...inner];
}

describe('the stage that reads a field', () => {
  const paths = [...new Set(allPaths(toJsonSchema(trainingSpec)))];

  it('is known for every field of the schema', () => {
    expect(paths.length).toBeGreaterThan(150);
    expect(paths.filter((path) => readerOf(path) === undefined)).toEqual([]);
  });

  it.each([
    ['name', 'resolve'],
    ['backend.site', 'resolve'],
    ['model.ref', 'fetch'],
    ['dataset.credentials', 'fetch'],
    ['recipe.args.epochs', 'train'],
    ['backend.queue', 'train'],
    ['compute.accelerator.0.count', 'train'],
    ['package.args.opset', 'package'],
    ['evaluate.script', 'package'],
    ['output.credentials', 'push'],
    ['gates.push.metric', 'push'],
    ['serve.port', 'register'],
    ['gates.register.approvers.0', 'register'],
    ['limits.total', 'any'],
    ['labels.team', 'any'],
  ])('of %s is %s', (path, reader) => {
    expect(readerOf(path)).toBe(reader);
  });

  it('is not known for a field that does not exist', () => {
    expect(readerOf('no-such-field')).toBeUndefined();
    expect(readerOf('gates.fetch')).toBeUndefined();
    expect(readerOf('constructor')).toBeUndefined();
  });
});

describe('the stage a change starts from', () => {
  it('is the earliest of those that read what changed', () => {
    expect(earliestStage(['serve.port', 'package.args.opset', 'limits.total'])).toBe('package');
  });

  it('is none where nothing that is done depends on it', () => {
    expect(earliestStage(['limits.total', 'displayName'])).toBeNull();
    expect(earliestStage([])).toBeNull();
  });

  it('is that of a new run for what nobody knows', () => {
    expect(earliestStage(['something.new'])).toBe('resolve');
  });
});

describe('the paths in which two specs differ', () => {
  it('name each value that was added, removed or changed, and no other', () => {
    const before = { package: { script: 'a.py', args: { x: 1, y: [1, 2] } }, serve: null, labels: {} };
    const after = {
      package: { script: 'a.py', args: { x: 2, y: [1, 3], z: true } },
      serve: { kind: 'local' },
      labels: {},
    };
    expect(changedPaths(before, after)).toEqual([
      'package.args.x',
      'package.args.y.1',
      'package.args.z',
      'serve',
      'serve.kind',
    ]);
    expect(changedPaths(after, structuredClone(after))).toEqual([]);
  });

  it('tell a field that is null from one that is left out: it may mean another credential', () => {
    expect(changedPaths({ output: { repo: 'r' } }, { output: { repo: 'r', credentials: null } })).toEqual([
      'output.credentials',
    ]);
  });
});
