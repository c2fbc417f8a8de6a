import { describe, expect, it } from 'vitest';
import type { ClusterSite } from '../../../domain/cluster-job.ts';
import { requiredFiles, trainJob } from '../../../spec/job-plans.ts';
import { podView } from '../../support/pod-view.ts';
import { exampleDocument, renderTraining, specOf } from '../../support/render-spec.ts';

describe('PP-YOLOE on PaddleCloud', () => {
  const document = exampleDocument('specs/ppyoloe-paddlejob.yaml');

  it('makes the sample set with its source, its secrets and one partition, and keeps it', () => {
    const [sampleSet] = renderTraining(specOf(document));
    expect(sampleSet).toMatchObject({
      kind: 'SampleSet',
      metadata: { name: 'coco', namespace: 'ml', labels: { 'trainyard.dev/keep': 'true' } },
      spec: {
        partitions: 1,
        source: { uri: 'bos://paddleflow-public.hkg.bcebos.com/coco', secretRef: { name: 'none' } },
        secretRef: { name: 'data-center' },
      },
    });
  });

  it('mounts it where Paddle looks, in the namespace of the job, and starts all workers or none', () => {
    expect(renderTraining(specOf(document, 'compute.replicas=1')).at(-1)).toMatchObject({
      kind: 'PaddleJob',
      spec: {
        sampleSetRef: { name: 'coco', namespace: 'ml', mountPath: '/root/.cache/paddle' },
        schedulingPolicy: { minAvailable: 1 },
        worker: { replicas: 1 },
      },
    });
  });

  it('only adopts a sample set when nothing says how to make one', () => {
    const objects = renderTraining(specOf(document, 'backend.sampleSet=null', 'backend={ kind: paddlejob }'));
    expect(objects.map(({ kind }) => kind)).toEqual(['PaddleJob']);
  });

  it('keeps pods until their logs are read, unless the spec says otherwise', () => {
    expect(renderTraining(specOf(document)).at(-1)?.spec).toMatchObject({ cleanPodPolicy: 'Never' });
    const cleaned = specOf(document, 'backend.cleanPodPolicy=OnCompletion');
    expect(renderTraining(cleaned).at(-1)?.spec).toMatchObject({ cleanPodPolicy: 'OnCompletion' });
  });

  it('has options of the trainer behind one another, as they are', () => {
    const { container, env } = podView(renderTraining(specOf(document)));
    expect(container.command.slice(0, 6)).toEqual([
      'python',
      'tools/train.py',
      '-c',
      'configs/ppyoloe/ppyoloe_crn_l_300e_coco.yml',
      '-o',
      'use_gpu=false',
    ]);
    expect([container.workingDir, env['TRAINYARD_DATASET_DIR']]).toEqual([
      '/home/PaddleDetection',
      '/root/.cache/paddle',
    ]);
  });

  it('refuses a sample set of another namespace', () => {
    const spec = specOf(document, 'backend.sampleSet={ namespace: other }');
    expect(() => renderTraining(spec)).toThrow(expect.objectContaining({ code: 'TY_BACKEND_UNSUPPORTED' }));
  });
});

describe('unlike roles on an image of their own', () => {
  const document = exampleDocument('specs/roles-volcano.yaml');
  const objects = renderTraining(specOf(document));

  it('become a task each: command, parameters as options, replicas, resources', () => {
    const [server, worker] = [podView(objects, 0), podView(objects, 1)];
    expect(server.container.command).toEqual(['python', 'mnist.py', '--job=ps', '--output=/model/res.json']);
    expect(worker.container.command.slice(-5)).toEqual([
      'python',
      'mnist.py',
      '--job=worker',
      '--epochs=3',
      '--verbose',
    ]);
    expect(server.container.resources.limits).toEqual({ cpu: '2', memory: String(4 * 2 ** 30) });
    expect(worker.container.resources.limits).toEqual({
      cpu: '4',
      memory: String(8 * 2 ** 30),
      'nvidia.com/gpu': '1',
    });
    expect(worker.env['SEED']).toBe('7');
    expect([server, worker].map(({ container }) => container.image)).toEqual(
      Array(2).fill('registry.example.com/vendor/tensorflow:2.15'),
    );
  });

  it('start together, and end with the main one; what may fail is counted', () => {
    expect(objects.at(-1)?.spec).toMatchObject({
      minAvailable: 5,
      queue: 'ml',
      tasks: [
        { name: 'task0', replicas: 2, policies: [{ event: 'PodFailed' }, { event: 'PodEvicted' }] },
        {
          name: 'task1',
          replicas: 3,
          policies: [{ event: 'PodEvicted' }, { event: 'TaskCompleted', action: 'CompleteJob' }],
        },
      ],
    });
    expect(trainJob(specOf(document)).cluster?.options.roles).toMatchObject({
      task0: { main: false, minSucceeded: null, maxFailed: 0 },
      task1: { main: true, minSucceeded: 2, maxFailed: 1 },
    });
  });

  it('find each other: VC_<TASKROLE_NAME>_HOSTS is the list of the own role', () => {
    for (const [index, name] of ['TASK0', 'TASK1'].entries()) {
      const { env } = podView(objects, index);
      expect(env['TASKROLE_NAME']).toBe(name);
      // Volcano sets VC_TASK0_HOSTS, VC_TASK1_HOSTS and VC_TASK_INDEX itself.
      expect(env[`VC_${name}_HOSTS`]).toBeUndefined();
    }
    expect(objects.at(-1)?.spec).toMatchObject({ plugins: { svc: expect.any(Array), env: [] } });
  });

  it('see code, data and the place for the model', () => {
    const { mountedAt } = podView(objects, 1);
    for (const path of ['/code', '/dataset', '/model']) expect(mountedAt(path)).toBeDefined();
  });

  it('may have an image of their own, or nothing of what the others have', () => {
    const set = ['roles.0.image=other/image:1', 'roles.0.resources={ cpu: null, memory: null }'];
    const { container } = podView(renderTraining(specOf(document, ...set)));
    expect([container.image, container.resources.limits]).toEqual(['other/image:1', undefined]);
  });

  it('run on PaddleCloud as its servers and workers', () => {
    const set = ['backend={ kind: paddlejob }', 'roles.0.name=ps', 'roles.1.name=worker'];
    const terms = ['roles.1.minSucceeded=null', 'roles.1.maxFailed=0'];
    expect(renderTraining(specOf(document, ...set, ...terms)).at(-1)?.spec).toMatchObject({
      ps: { replicas: 2 },
      worker: { replicas: 3 },
    });
  });
});

describe('Kubeflow Trainer with an existing runtime', () => {
  const document = exampleDocument('specs/trainer-runtime.yaml');
  const old: Partial<ClusterSite> = { dialects: { trainer: 'podTemplateOverrides', kueue: null, podGroups: null } };

  it('names the runtime, nodes, processes of a node, image and resources', () => {
    const resources = { cpu: '1', memory: String(2 * 2 ** 30) };
    expect(renderTraining(specOf(document)).at(-1)?.spec).toMatchObject({
      runtimeRef: { kind: 'ClusterTrainingRuntime', name: 'training-runtime-demo' },
      trainer: {
        image: 'pytorch/pytorch:2.4.1-cuda11.8-cudnn9-runtime',
        numNodes: 2,
        numProcPerNode: 2,
        resourcesPerNode: { requests: resources, limits: resources },
      },
    });
  });

  it('takes a runtime of the namespace too', () => {
    const set = 'backend.runtime={ kind: TrainingRuntime, name: mine }';
    expect(renderTraining(specOf(document, set)).at(-1)?.spec).toMatchObject({
      runtimeRef: { kind: 'TrainingRuntime', name: 'mine' },
    });
  });

  it.each([
    ['a ConfigMap', 'code={ configMap: demo }', { configMap: { name: 'demo' } }, '/code'],
    [
      'a folder of the node',
      'code={ hostPath: /data/s }',
      { hostPath: { path: '/data/s', type: 'Directory' } },
      '/code',
    ],
    ['the image', 'code={ image: /workspace }', null, '/workspace'],
  ])('brings the code by %s, in both dialects', (_way, set, source, workingDir) => {
    for (const site of [{}, old]) {
      const objects = renderTraining(specOf(document, set), { ...site, hostPathAllowed: true });
      const text = JSON.stringify(objects);
      expect(text).toContain(`"args":["${workingDir}","python3"`);
      if (source === null) expect(text).not.toContain('"mountPath":"/code"');
      else expect(text).toContain(JSON.stringify({ name: 'code', ...source }));
    }
  });

  it('sees folders of the node only where the site allows it', () => {
    const spec = specOf(document, 'code={ hostPath: /data/s }');
    expect(() => renderTraining(spec)).toThrow(expect.objectContaining({ code: 'TY_BACKEND_POLICY' }));
  });

  it('asks the fetched code for no file that a ConfigMap brings', () => {
    expect(requiredFiles(specOf(document))).toEqual([]);
  });
});
