import { describe, expect, it } from 'vitest';
import { requiredFiles } from '../../../spec/job-plans.ts';
import { podView } from '../../support/pod-view.ts';
import { exampleDocument, renderTraining, specOf } from '../../support/render-spec.ts';

const CLAIM = (name: string): object => ({ persistentVolumeClaim: { claimName: name } });

describe('LLaMA-Factory on Volcano', () => {
  const document = exampleDocument('specs/llama-factory-volcano.yaml');
  const pods = (...set: readonly string[]) => podView(renderTraining(specOf(document, ...set)));

  it('gives every parameter of the training file as an argument', () => {
    const { command } = pods().container;
    expect(command.slice(0, 2)).toEqual(['llamafactory-cli', 'train']);
    for (const argument of [
      '--model_name_or_path=/base-model',
      '--stage=sft',
      '--finetuning_type=lora',
      '--lora_target=all',
      '--lora_rank=8',
      '--lora_alpha=16',
      '--lora_dropout=0.1',
      '--template=qwen',
      '--dataset=identity_alauda',
      '--dataset_dir=/dataset',
      '--output_dir=/model',
      '--cutoff_len=1024',
      '--max_samples=1000',
      '--per_device_train_batch_size=2',
      '--gradient_accumulation_steps=2',
      '--learning_rate=0.0002',
      '--num_train_epochs=4',
      '--fp16',
      '--val_size=0.1',
      '--eval_steps=500',
      '--save_steps=500',
      '--ddp_timeout=180000000',
      '--report_to=mlflow',
    ]) {
      expect(command).toContain(argument);
    }
  });

  it('meets at port 8888, and shards the optimizer, only with several replicas', () => {
    const several = pods();
    expect(several.env).toMatchObject({ NNODES: '2', MASTER_PORT: '8888', FORCE_TORCHRUN: '1' });
    expect(several.container.command).toContain('--deepspeed=/opt/LLaMA-Factory/examples/deepspeed/ds_z3_config.json');
    const { env, container } = pods('compute.replicas=1', 'recipe.args.deepspeed=null');
    expect(Object.keys(env).filter((name) => /^(NNODES|NODE_RANK|MASTER_)/.test(name))).toEqual([]);
    expect(container.command.join(' ')).not.toContain('deepspeed');
  });

  it('runs code of the image beside the base model, with a claim of its own a replica', () => {
    const view = pods();
    expect(view.container.workingDir).toBe('/opt/LLaMA-Factory');
    expect(view.mountedAt('/code')).toBeUndefined();
    expect(view.mountedAt('/scratch')).toMatchObject({
      ephemeral: {
        volumeClaimTemplate: {
          spec: {
            accessModes: ['ReadWriteOnce'],
            storageClassName: 'sc-topolvm',
            resources: { requests: { storage: String(5 * 2 ** 30) } },
          },
        },
      },
    });
    expect(view.mountedAt('/mnt/models')).toEqual(CLAIM('sft-qwen3-volume'));
    expect(requiredFiles(specOf(document))).toEqual([]);
  });

  it.each([
    ['kept', 'compute.scratch={ volumeClaim: { size: 5Gi, keep: true } }', CLAIM('digits-abcdefgh-t1-scratch')],
    ['existing', 'compute.scratch={ claim: mine }', CLAIM('mine')],
  ])('has scratch space of a %s claim', (_kind, set, expected) => {
    expect(pods(set).mountedAt('/scratch')).toEqual(expected);
  });

  it('may share a claim made for the whole job, or an existing one', () => {
    const made = '{ mountPath: /mnt/workspace, volumeClaim: { size: 5Gi, storageClass: sc-topolvm } }';
    const spec = specOf(document, `backend.volumes=[${made}, { mountPath: /old, claim: mine }]`);
    expect(renderTraining(spec).at(-1)?.spec).toMatchObject({
      volumes: [
        {
          mountPath: '/mnt/workspace',
          volumeClaim: {
            accessModes: ['ReadWriteOnce'],
            storageClassName: 'sc-topolvm',
            resources: { requests: { storage: '5Gi' } },
          },
        },
        { mountPath: '/old', volumeClaimName: 'mine' },
      ],
    });
  });

  it('takes secrets by reference, and one process a device', () => {
    const { container } = pods('compute.accelerator.count=2');
    expect(container.env).toContainEqual({
      name: 'HF_TOKEN',
      valueFrom: { secretKeyRef: { name: 'hugging-face', key: 'token' } },
    });
    expect(container.env).toContainEqual({ name: 'PET_NPROC_PER_NODE', value: '2' });
    expect(container.resources.limits).toMatchObject({
      'nvidia.com/gpualloc': '2',
      'nvidia.com/gpucores': '50',
      'nvidia.com/gpumem': '8192',
    });
  });

  it('starts both replicas or none', () => {
    expect(renderTraining(specOf(document)).at(-1)?.spec).toMatchObject({ minAvailable: 2 });
  });
});
