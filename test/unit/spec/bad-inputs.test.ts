import { describe, expect, it } from 'vitest';
import { parseSpec } from '../../../spec/training-spec.ts';
import { GATE_ROWS } from './bad-gate-rows.ts';
import { ROWS } from './bad-input-rows.ts';
import { PLACE_ROWS } from './bad-place-rows.ts';
import { specInput } from './spec-builder.ts';

describe('a spec is refused with one code and the path of the fault', () => {
  it.each([...ROWS, ...PLACE_ROWS, ...GATE_ROWS])('$claim', ({ parts, code, path, says, suggestion }) => {
    const parsed = parseSpec(specInput(parts));
    if (parsed.ok) throw new Error('was accepted');
    expect(parsed.error.details.issues?.map((issue) => [issue.code, issue.path])).toEqual([[code, path]]);
    expect(parsed.error.code).toBe(code);
    const [issue] = parsed.error.details.issues ?? [];
    expect(issue?.suggestion).toBe(suggestion);
    expect(issue?.zh).toMatch(/\p{Script=Han}/u);
    if (says !== undefined) expect(issue?.message).toMatch(says);
    expect(parsed.error.message).toContain(path);
  });

  it.each([[null], [undefined], [[]], ['text'], [3]])(
    'a document that is no set of fields: %j',
    (document: unknown) => {
      const parsed = parseSpec(document);
      expect(parsed.ok ? 'accepted' : parsed.error.code).toBe('TY_SPEC_INVALID');
    },
  );
});

describe('faults together', () => {
  it('names every one of them at once, whatever their kinds', () => {
    const parsed = parseSpec(
      specInput({
        nmae: 'x',
        model: { repo: 'https://u:p@h/m', ref: '-x' },
        compute: { replicas: 0, cpuu: 1 },
        limits: { total: 'soon' },
        tracking: {},
        backend: { kind: 'trainjob', runtme: 'x' },
      }),
    );
    if (parsed.ok) throw new Error('was accepted');
    const found = parsed.error.details.issues?.map(({ path, code }) => `${path} ${code}`).toSorted();
    expect(found).toEqual([
      'backend.runtme TY_SPEC_UNKNOWN_KEY',
      'compute.cpuu TY_SPEC_UNKNOWN_KEY',
      'compute.replicas TY_SPEC_INVALID',
      'limits.total TY_SPEC_INVALID',
      'model.ref TY_SPEC_REF',
      'model.repo TY_SPEC_URL',
      'nmae TY_SPEC_UNKNOWN_KEY',
      'tracking TY_SPEC_NOT_BUILT',
    ]);
    expect(parsed.error.code).toBe('TY_SPEC_INVALID');
    expect(parsed.error.message).toMatch(/^the spec has 8 faults: /);
  });

  it('keeps the code that all of them share', () => {
    const parsed = parseSpec(specInput({ nmae: 1, recip: 1 }));
    expect(parsed.ok ? null : parsed.error.code).toBe('TY_SPEC_UNKNOWN_KEY');
  });

  it('never repeats a password, in whatever part it stands', () => {
    const parsed = parseSpec(
      specInput({ model: { repo: 'https://me:s3cret@h/m', ref: 's3cret x' }, credentials: 's3cret!' }),
    );
    expect(JSON.stringify(parsed.ok ? '' : [parsed.error.message, parsed.error.details])).not.toContain('s3cret');
  });
});
