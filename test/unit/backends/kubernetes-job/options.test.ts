import { describe, expect, it } from 'vitest';
import { kubernetesJobBackendOptions } from '../../../../backends/kubernetes-job/options.ts';

describe('the options of a Job of Kubernetes', () => {
  it('are nothing but the kind, unless said', () => {
    const plain = { kind: 'kubernetes-job', suspend: false };
    expect(kubernetesJobBackendOptions.parse({ kind: 'kubernetes-job' })).toEqual(plain);
  });

  it.each([
    ['a gang that nobody makes', { gang: 'slurm' }],
    ['a queue longer than a label', { queue: 'q'.repeat(64) }],
    ['a priority with a line break', { priorityClass: 'high\nroot' }],
    ['fields of a pod', { serviceAccountName: 'admin' }],
  ])('cannot be %s', (_name, fields) => {
    expect(kubernetesJobBackendOptions.safeParse({ kind: 'kubernetes-job', ...fields }).success).toBe(false);
  });
});
