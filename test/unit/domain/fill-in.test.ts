import { describe, expect, it } from 'vitest';
import { podDirectoryOf } from '../../../backends/shared/pod-command.ts';
import { fillIn } from '../../../domain/fill-in.ts';
import { clusterOptions, clusterRequest } from '../../support/cluster-job.ts';
import { jobRequest } from '../../support/job-request.ts';

const { directories } = jobRequest({ root: '/w' });

describe('an argument', () => {
  it('has the directories of its job in it', () => {
    expect(fillIn('--data={dataset}/train:{output}', directories)).toBe(
      `--data=/w/dataset/train:${directories.output}`,
    );
    expect(fillIn('{dataset}', { ...directories, dataset: null })).toBe('');
  });

  it('has the checkpoint in it that its job goes on from, and else stays as it was written', () => {
    const checkpoint = `${directories.output}/checkpoints/{code}.pt`;
    expect(fillIn('--resume={checkpoint}', { ...directories, checkpoint })).toBe(`--resume=${checkpoint}`);
    expect(fillIn('{"checkpoint": {checkpoint}}', directories)).toBe('{"checkpoint": {checkpoint}}');
  });

  it('of a pod has it where the pod sees it', () => {
    const request = clusterRequest();
    const { output } = request.directories;
    const going = { ...request, directories: { ...request.directories, checkpoint: `${output}/checkpoints/step-5` } };
    const { pod } = clusterOptions({});
    expect(podDirectoryOf(going, pod).checkpoint).toBe('/model/checkpoints/step-5');
    expect(podDirectoryOf(request, pod).checkpoint).toBeUndefined();
  });
});
