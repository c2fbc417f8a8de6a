import { describe, expect, it } from 'vitest';
import { localBackendOptions } from '../../../../backends/local/options.ts';

describe('the options of the local backend', () => {
  it('take the site local when none is named', () => {
    expect(localBackendOptions.parse({ kind: 'local' })).toEqual({ kind: 'local', site: 'local' });
  });

  it('refuse another site and a key that does not exist', () => {
    expect(localBackendOptions.safeParse({ kind: 'local', site: 'cluster' }).success).toBe(false);
    expect(localBackendOptions.safeParse({ kind: 'local', queue: 'default' }).success).toBe(false);
  });
});
