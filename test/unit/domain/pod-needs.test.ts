import { expect, it } from 'vitest';
import { podNeeds } from '../../../domain/pod-needs.ts';
import { clusterRequest, torchRole } from '../../support/cluster-job.ts';

const RUN = '/workspace/runs/run-digits-1';

it('makes the folders that pods write into, and the file to which they append', () => {
  expect(podNeeds(clusterRequest())).toEqual({
    directories: [`${RUN}/output`, `${RUN}/package`, `${RUN}/logs/digits-abcdefgh-t1`],
    files: [`${RUN}/metrics.jsonl`],
  });
});

it('makes the folder of the artifact for a job that packages', () => {
  const steps = [{ name: 'package', argv: ['python3', 'export.py'], cwd: 'code' }] as const;
  const request = clusterRequest({ roles: [torchRole(1, { steps })] });
  expect(podNeeds(request).directories).toContain(`${RUN}/package/digits/1`);
});
