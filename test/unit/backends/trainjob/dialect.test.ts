import { describe, expect, it } from 'vitest';
import { trainerDialect } from '../../../../backends/trainjob/dialect.ts';

function crd(fields: readonly string[], version: { readonly name?: string; readonly served?: boolean } = {}): unknown {
  const properties = Object.fromEntries(
    ['runtimeRef', 'trainer', ...fields].map((field) => [field, { type: 'object' }]),
  );
  return {
    spec: {
      versions: [
        {
          name: version.name ?? 'v1alpha1',
          served: version.served ?? true,
          schema: { openAPIV3Schema: { properties: { spec: { properties } } } },
        },
      ],
    },
  };
}

describe('telling the Trainers apart', () => {
  it.each([
    ['Trainer 2.1 has podTemplateOverrides', crd(['podTemplateOverrides']), 'podTemplateOverrides'],
    ['Trainer 2.2 and newer have runtimePatches', crd(['runtimePatches']), 'runtimePatches'],
    ['a Trainer with both takes the newer one', crd(['podTemplateOverrides', 'runtimePatches']), 'runtimePatches'],
    ['Trainer 2.0, with podSpecOverrides, is not spoken', crd(['podSpecOverrides']), null],
    ['another version of the API is not spoken', crd(['runtimePatches'], { name: 'v2beta1' }), null],
    ['a version that is not served does not count', crd(['runtimePatches'], { served: false }), null],
    ['a field named like an inherited one is none', crd(['toString']), null],
    ['a CRD without a schema is not spoken', { spec: { versions: [{ name: 'v1alpha1', served: true }] } }, null],
    ['no CRD is no dialect', null, null],
    ['text is no dialect', 'runtimePatches', null],
  ])('%s', (_claim, definition, dialect) => {
    expect(trainerDialect(definition)).toBe(dialect);
  });
});
