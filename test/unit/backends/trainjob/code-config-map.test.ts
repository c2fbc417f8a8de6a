import { describe, expect, it } from 'vitest';
import { codeConfigMap } from '../../../../backends/trainjob/code-config-map.ts';
import { clusterRequest, clusterSite } from '../../../support/cluster-job.ts';

const render = (files: Readonly<Record<string, string>>) =>
  codeConfigMap(clusterRequest(), clusterSite(), 'digits-code', files);

describe('code in a ConfigMap', () => {
  it('is kept file by file, and cannot be changed under a running job', () => {
    const configMap = render({ 'train.py': 'print(1)', LICENSE: 'free' });
    expect(configMap).toMatchObject({
      kind: 'ConfigMap',
      metadata: { name: 'digits-code', namespace: 'ml' },
      immutable: true,
      data: { 'train.py': 'print(1)', LICENSE: 'free' },
    });
  });

  it('may have 1 MiB', () => {
    expect(() => render({ 'a.py': 'x'.repeat(2 ** 19), 'b.py': 'x'.repeat(2 ** 19) })).not.toThrow();
  });

  it.each([
    ['a byte more than 1 MiB', { 'a.py': 'x'.repeat(2 ** 20), 'b.py': 'x' }],
    ['more than 1 MiB in bytes though not in characters', { 'a.py': '数'.repeat(2 ** 19) }],
    ['a file in a folder', { 'lib/a.py': '' }],
    ['a name that leads out', { '..': '' }],
    ['a name of another script', { '训练.py': '' }],
  ])('is refused with %s', (_claim, files: Readonly<Record<string, string>>) => {
    expect(() => render(files)).toThrow(expect.objectContaining({ code: 'TY_BACKEND_UNSUPPORTED' }));
  });
});
