import { describe, expect, it } from 'vitest';
import { trainJob } from '../../../spec/job-plans.ts';
import { podView } from '../../support/pod-view.ts';
import { exampleDocument, renderPackaging, renderTraining, specOf } from '../../support/render-spec.ts';

const DOCUMENT = exampleDocument('digits/trainyard.yaml');
const KINDS = ['kubernetes-job', 'volcano', 'trainjob', 'paddlejob'] as const;

describe('the digits example, with only its backend changed,', () => {
  it('trains in two processes of this machine', () => {
    const plan = trainJob(specOf(DOCUMENT));
    expect(plan.cluster).toBeUndefined();
    expect(plan.roles).toMatchObject([{ replicas: 2, launcher: 'torchrun' }]);
  });

  it.each(KINDS)('trains with the same command in two pods of %s', (kind) => {
    const spec = specOf(DOCUMENT, `backend={ kind: ${kind} }`);
    const { container, env } = podView(renderTraining(spec));
    expect(container.image).toBe('pytorch/pytorch:2.4.1-cuda11.8-cudnn9-runtime');
    expect(container.command.slice(-5)).toEqual(['python3', '-m', 'torch.distributed.run', 'train.py', '--epochs=12']);
    expect(container.resources.limits).toEqual({ cpu: '1', memory: String(2 * 2 ** 30) });
    expect(env).toMatchObject({
      NNODES: '2',
      TASKROLE_NAME: 'WORKER',
      TRAINYARD_CODE_DIR: '/code',
      TRAINYARD_DATASET_DIR: '/dataset',
      TRAINYARD_OUTPUT_DIR: '/model',
    });
  });

  it.each(KINDS)('packages and scores in one pod of %s', (kind) => {
    const { spec } = podView(renderPackaging(specOf(DOCUMENT, `backend={ kind: ${kind} }`)));
    const steps = [...(spec.initContainers ?? []), ...spec.containers];
    expect(steps.map(({ command }) => command)).toEqual([
      ['python3', 'export.py'],
      ['python3', '/trainyard/serving/torchscript_layout.py'],
      ['python3', 'evaluate.py'],
    ]);
  });
});
