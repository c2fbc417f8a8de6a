import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { INSTALLS } from '../../../../../adapters/kubernetes/doctor/installs.ts';

const GUIDE = readFileSync(
  join(import.meta.dirname, '..', '..', '..', '..', '..', 'docs', 'guides', 'kubernetes.md'),
  'utf8',
);

describe('what doctor tells to install', () => {
  it.each(Object.entries(INSTALLS))('%s is the line of the guide', (_, line) => {
    expect(GUIDE.split('\n')).toContain(line);
  });

  it.each(Object.entries(INSTALLS))('%s names its version', (_, line) => {
    expect(line).toMatch(/\bv?\d+\.\d+\.\d+\b/);
  });
});
