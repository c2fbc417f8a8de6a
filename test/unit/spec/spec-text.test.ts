import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { initTemplate } from '../../../spec/init-template.ts';
import { parseSpecText } from '../../../spec/training-spec.ts';

const root = join(import.meta.dirname, '..', '..', '..');

describe('the text of a spec', () => {
  it('is YAML or JSON', () => {
    const json = JSON.stringify({
      name: 'a',
      model: { repo: 'https://h/m' },
      recipe: { kind: 'command', command: 'make' },
    });
    expect(parseSpecText(json, 'a.json').ok).toBe(true);
  });

  it('is refused with line and column when it is neither', () => {
    const parsed = parseSpecText('name: a\nmodel: { repo: x\n', 'trainyard.yaml');
    if (parsed.ok) throw new Error('was accepted');
    expect(parsed.error.code).toBe('TY_SPEC_SYNTAX');
    expect(parsed.error.details.where).toMatch(/^trainyard\.yaml:\d+:\d+$/);
  });

  it('is refused when a key stands twice', () => {
    const parsed = parseSpecText('name: a\nname: b\n', 'x.yaml');
    expect(parsed.ok ? null : parsed.error.code).toBe('TY_SPEC_SYNTAX');
  });

  it('is refused when aliases would blow it up', () => {
    const level = (name: string, of: string): string => `${name}: &${name} [${Array(10).fill(`*${of}`).join(',')}]`;
    const bomb = ['a: &a [x,x]', level('b', 'a'), level('c', 'b'), level('d', 'c'), level('e', 'd')].join('\n');
    const parsed = parseSpecText(bomb, 'x.yaml');
    expect(parsed.ok ? null : parsed.error.code).toBe('TY_SPEC_SYNTAX');
  });

  it('is refused above 1 MiB before anything reads it', () => {
    const parsed = parseSpecText(`# ${'x'.repeat(1024 * 1024)}`, 'x.yaml');
    expect(parsed.ok ? null : parsed.error.details.why).toMatch(/1 MiB/);
  });

  it('names the file beside the field', () => {
    const parsed = parseSpecText('name: A\n', 'my.yaml');
    expect(parsed.ok ? null : parsed.error.details.where).toBe('my.yaml: name');
  });
});

describe('what we hand out ourselves is right', () => {
  it.each(['torchrun', 'command'] as const)('the template of init for %s', (recipe) => {
    const parsed = parseSpecText(initTemplate(recipe), 'trainyard.yaml');
    expect(parsed.ok ? parsed.spec.recipe?.kind : parsed.error.message).toBe(recipe);
  });

  it('the template of init with its comments for packaging and serving taken off', () => {
    const text = initTemplate('torchrun').replace(
      /^# (package|evaluate|serve|limits|retries|onFailure|  script)/gm,
      '$1',
    );
    const parsed = parseSpecText(text, 'trainyard.yaml');
    expect(parsed.ok ? [parsed.spec.package?.script, parsed.spec.serve?.kind] : parsed.error.message).toEqual([
      'export.py',
      'local',
    ]);
  });

  const folder = join(root, 'examples', 'specs');
  it.each(readdirSync(folder))('examples/specs/%s', (name) => {
    const parsed = parseSpecText(readFileSync(join(folder, name), 'utf8'), name);
    expect(parsed.ok ? null : parsed.error.message).toBeNull();
  });
});
