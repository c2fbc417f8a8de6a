import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { Document, isScalar, visit } from 'yaml';
import { CLUSTER_BACKENDS } from '../../../domain/pod-plan.ts';
import { GOLDEN_NAMESPACE, manifestCases } from '../../support/manifest-cases.ts';

const GOLDEN = join(import.meta.dirname, '..', '..', 'golden');
const UPDATE = process.env['TRAINYARD_UPDATE_GOLDEN'] === '1';
const CASES = manifestCases().filter(({ golden }) => golden);

const fileOf = ({ backend, name }: { readonly backend: string; readonly name: string }): string =>
  join(GOLDEN, backend, `${name}.yaml`);

/** Lists and maps that fit on a line stand on one: a variable, a mount, a label. */
function yamlOf(objects: readonly object[]): string {
  const texts = objects.map((object) => {
    const document = new Document(object, { aliasDuplicateObjects: false });
    visit(document, {
      Map: (_key, node) => {
        if (node.items.every(({ value }) => isScalar(value)) && String(node).length < 80) node.flow = true;
      },
      Seq: (_key, node) => {
        if (node.items.every((item) => isScalar(item)) && String(node).length < 80) node.flow = true;
      },
    });
    return document.toString({ lineWidth: 120 });
  });
  return texts.join('---\n');
}

function update(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

describe('the objects of a job', () => {
  it.each(CASES.map((one) => [`${one.backend}/${one.name}`, one] as const))(
    'are those of test/golden/%s.yaml, which TRAINYARD_UPDATE_GOLDEN=1 writes anew',
    (_file, one) => {
      const text = yamlOf(one.render(GOLDEN_NAMESPACE));
      if (UPDATE) update(fileOf(one), text);
      expect(existsSync(fileOf(one)) ? readFileSync(fileOf(one), 'utf8') : '').toBe(text);
    },
  );

  it('have no file more', () => {
    const known = new Set(CASES.map(fileOf));
    const files = CLUSTER_BACKENDS.flatMap((kind) =>
      readdirSync(join(GOLDEN, kind)).map((name) => join(GOLDEN, kind, name)),
    );
    const stray = files.filter((file) => !known.has(file));
    if (UPDATE) for (const file of stray) rmSync(file);
    else expect(stray).toEqual([]);
  });
});
