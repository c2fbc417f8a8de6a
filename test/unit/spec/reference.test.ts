import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../../domain/errors.ts';
import { referencePages } from '../../../scripts/generate-reference.ts';
import { READ_VARIABLES } from '../../../spec/environment.ts';
import { findNotBuilt, NOT_BUILT } from '../../../spec/not-built.ts';
import { toJsonSchema, type JsonSchema } from '../../../spec/json-schema.ts';
import { trainingSpec } from '../../../spec/schema.ts';

const root = join(import.meta.dirname, '..', '..', '..');

describe('generated reference', () => {
  it.each(Object.entries(referencePages()))(
    'docs/reference/%s is up to date (node scripts/generate-reference.ts)',
    (name, text) => {
      expect(readFileSync(join(root, 'docs', 'reference', name), 'utf8')).toBe(text);
    },
  );

  it('has a section for every error code, in both languages', () => {
    const page = referencePages()['errors.md'] ?? '';
    for (const [code, { what, fix }] of Object.entries(ERRORS)) {
      expect(page).toContain(
        `## ${code}\n\n- What: ${what.en}\n- Fix: ${fix.en}\n- 含义：${what.zh}\n- 处理：${fix.zh}\n`,
      );
    }
  });

  it('has no field without a text', () => {
    const rows = (referencePages()['spec.md'] ?? '').split('\n').filter((line) => line.startsWith('| `'));
    expect(rows.length).toBeGreaterThan(80);
    expect(rows.filter((line) => /\|\s*(\. .*)?\|$/.test(line))).toEqual([]);
  });

  it('lists every TRAINYARD_ variable that a room reads from the environment', () => {
    const rooms = ['spec', 'adapters', 'worker', 'client', 'backends', 'activities'];
    const files = rooms.flatMap((room) => globSync(`${room}/**/*.ts`, { cwd: root }));
    const reads = /(?:env\.|env\['|value\('|list\(')(TRAINYARD_[A-Z_]+)/g;
    const read = files.flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(reads)].map(([, name = '']) => name),
    );
    expect(new Set(read).size).toBeGreaterThan(8);
    // Hooks of the crash tests, of no use to anyone else.
    const product = read.filter((name) => !name.startsWith('TRAINYARD_TEST_'));
    expect(product.filter((name) => !READ_VARIABLES.some((variable) => variable.name === name))).toEqual([]);
  });
});

describe('what is not built', () => {
  it('is in the schema, entry by entry', () => {
    const schema = toJsonSchema(trainingSpec);
    expect(NOT_BUILT.filter(({ path }) => !hasPath(schema, path.split('.')))).toEqual([]);
  });

  it('passes when it is null or empty', () => {
    expect(findNotBuilt({ tracking: null, compute: { flavor: null } })).toEqual([]);
    expect(findNotBuilt({ tracking: {} })).toHaveLength(1);
  });
});

function hasPath(node: JsonSchema, [head, ...rest]: readonly string[]): boolean {
  if (head === undefined) return true;
  const choice = node.oneOf ?? node.anyOf;
  if (choice !== undefined) return choice.some((branch) => hasPath(branch, [head, ...rest]));
  const next = head === '*' ? node.additionalProperties : node.properties?.[head];
  return typeof next === 'object' && hasPath(next, rest);
}
