import { describe, expect, it } from 'vitest';
import { renderLocalJob } from '../../../../backends/local/render.ts';
import type { ProcessJobSpec, ProcessLaunch } from '../../../../domain/process-job.ts';
import { jobRequest, rolePlan, trainStep } from '../../../support/job-request.ts';
import type { JobRequestOptions } from '../../../support/job-request.ts';

const PORT = 23_456;

function render(options: Omit<JobRequestOptions, 'root'> = {}): ProcessJobSpec {
  return renderLocalJob(jobRequest({ ...options, root: '/site' }), PORT);
}

function launches(spec: ProcessJobSpec): readonly ProcessLaunch[] {
  return spec.roles.flatMap((role) => role.steps.flatMap((step) => step.launches));
}

function environments(options: Omit<JobRequestOptions, 'root'>): readonly Readonly<Record<string, string>>[] {
  return launches(render(options)).map((launch) => launch.env);
}

describe('rendering a local job', () => {
  it('starts one process per rank with what torchrun would set', () => {
    const env = environments({ role: { launcher: 'torchrun', replicas: 2, procsPerReplica: 2 } });
    expect(
      env.map(({ RANK, LOCAL_RANK, GROUP_RANK, WORLD_SIZE }) => [RANK, LOCAL_RANK, GROUP_RANK, WORLD_SIZE]),
    ).toEqual([
      ['0', '0', '0', '4'],
      ['1', '1', '0', '4'],
      ['2', '0', '1', '4'],
      ['3', '1', '1', '4'],
    ]);
    expect(env[3]).toMatchObject({
      LOCAL_WORLD_SIZE: '2',
      ROLE_RANK: '3',
      MASTER_ADDR: '127.0.0.1',
      MASTER_PORT: '23456',
      TORCHELASTIC_RUN_ID: 'digits-abcdefgh-t1',
      NNODES: '2',
      NODE_RANK: '1',
    });
  });

  it('starts one process per replica for a plain launcher and only announces the processes', () => {
    const spec = render({ role: { replicas: 2, procsPerReplica: 4 } });
    expect(launches(spec)).toHaveLength(2);
    expect(launches(spec)[1]?.env).toMatchObject({
      PET_NNODES: '2',
      PET_NPROC_PER_NODE: '4',
      PET_NODE_RANK: '1',
      PET_MASTER_PORT: '23456',
    });
    expect(launches(spec)[1]?.env).not.toHaveProperty('RANK');
  });

  it('speaks of several replicas only when there are several', () => {
    const [alone] = environments({});
    for (const name of [
      'NNODES',
      'NODE_RANK',
      'MASTER_ADDR',
      'MASTER_PORT',
      'VC_TRAIN_HOSTS',
      'VC_WORKER_HOSTS',
      'VC_TASK_INDEX',
      'TASK_INDEX',
      'TASKROLE_NAME',
    ]) {
      expect(alone).not.toHaveProperty(name);
    }
    const [, second] = environments({ role: { replicas: 2 } });
    expect(second).toMatchObject({
      VC_TRAIN_HOSTS: '127.0.0.1,127.0.0.1',
      VC_WORKER_HOSTS: '127.0.0.1,127.0.0.1',
      VC_TASK_INDEX: '1',
      TASK_INDEX: '1',
      TASKROLE_NAME: 'TRAIN',
      NODE_RANK: '1',
    });
  });

  it('numbers ranks across roles and replicas within them', () => {
    const spec = render({
      roles: [
        { ...rolePlan(['a']), name: 'chief' },
        { ...rolePlan(['b']), name: 'data-worker', replicas: 2 },
      ],
    });
    expect(spec.roles.map((role) => role.ranks.map(({ rank }) => rank))).toEqual([[0], [1, 2]]);
    const env = launches(spec)[2]?.env;
    expect(env).toMatchObject({
      NNODES: '3',
      NODE_RANK: '2',
      TASK_INDEX: '1',
      VC_CHIEF_HOSTS: '127.0.0.1',
      VC_DATA_WORKER_HOSTS: '127.0.0.1,127.0.0.1',
    });
    expect(spec.roles[1]?.ranks[1]?.log).toBe('/site/runs/run-digits-1/logs/digits-abcdefgh-t1/data-worker-2.log');
  });

  it('tells every process its directories, its run and its job', () => {
    expect(environments({})[0]).toMatchObject({
      TRAINYARD_RUN_ID: 'run-digits-1',
      TRAINYARD_JOB: 'digits-abcdefgh-t1',
      TRAINYARD_CODE_DIR: '/site/code',
      TRAINYARD_DATASET_DIR: '/site/dataset',
      TRAINYARD_MODEL_DIR: '/site/model',
      TRAINYARD_OUTPUT_DIR: '/site/runs/run-digits-1/output',
      TRAINYARD_PACKAGE_DIR: '/site/runs/run-digits-1/package',
      TRAINYARD_MODEL_FILE: '/site/runs/run-digits-1/package/digits/1/model.torchscript',
      TRAINYARD_METRICS_FILE: '/site/runs/run-digits-1/metrics.jsonl',
      TRAINYARD_METRICS_JSON: '/site/runs/run-digits-1/package/metrics.json',
      PYTHONUNBUFFERED: '1',
      PYTHONDONTWRITEBYTECODE: '1',
      PET_REDIRECTS: '1',
      PET_TEE: '1',
    });
  });

  it('lets the user set variables, but none by which ranks find each other', () => {
    const env = {
      EPOCHS: '3',
      OMP_NUM_THREADS: '7',
      RANK: '9',
      MASTER_PORT: '1',
      TRAINYARD_RUN_ID: 'run-other',
      PYTHONUNBUFFERED: '0',
    };
    const [first] = environments({ role: { launcher: 'torchrun', procsPerReplica: 2, env }, resources: { cpu: 4 } });
    expect(first).toMatchObject({
      EPOCHS: '3',
      OMP_NUM_THREADS: '7',
      RANK: '0',
      MASTER_PORT: '23456',
      TRAINYARD_RUN_ID: 'run-digits-1',
      PYTHONUNBUFFERED: '1',
    });
  });

  it.each([
    [
      "shares a replica's cores among its ranks",
      { resources: { cpu: 4 }, role: { launcher: 'torchrun', procsPerReplica: 2 } },
      '2',
    ],
    ['gives at least one thread', { resources: { cpu: 0.5 } }, '1'],
    [
      'gives one thread to each of several ranks when no cores are named',
      { role: { launcher: 'torchrun', procsPerReplica: 2 } },
      '1',
    ],
    ['leaves a process alone when no cores are named', {}, undefined],
  ] as const)('%s', (_claim, options, threads) => {
    expect(environments(options)[0]?.['OMP_NUM_THREADS']).toBe(threads);
  });

  it('fills directories into arguments once, and nothing else', () => {
    const argv = [
      'python3',
      '{code}/train.py',
      '--data={dataset}',
      '--out={output}/{package}',
      '{model}',
      '/site/assets/layout.py',
      '{home}',
      '${code}',
      '$(id)',
    ];
    expect(launches(render({ argv }))[0]?.argv).toEqual([
      'python3',
      '/site/code/train.py',
      '--data=/site/dataset',
      '--out=/site/runs/run-digits-1/output//site/runs/run-digits-1/package',
      '/site/model',
      '/site/assets/layout.py',
      '{home}',
      '$/site/code',
      '$(id)',
    ]);
    const request = jobRequest({ root: '/site', argv: ['{code}'] });
    const odd = renderLocalJob({ ...request, directories: { ...request.directories, code: '/{model}' } }, PORT);
    expect(launches(odd)[0]?.argv).toEqual(['/{model}']);
  });

  it('runs what comes after training on the first rank alone, as a world of one', () => {
    const steps = [trainStep(['train']), { name: 'package', argv: ['export'], cwd: 'model' } as const];
    const spec = render({ role: { launcher: 'torchrun', procsPerReplica: 2, replicas: 2, steps } });
    const [train, pack] = spec.roles[0]?.steps ?? [];
    expect(train?.launches).toHaveLength(4);
    expect(pack?.launches).toHaveLength(1);
    expect(pack?.launches[0]).toMatchObject({
      rank: 0,
      cwd: '/site/model',
      env: { WORLD_SIZE: '1', RANK: '0', PET_NNODES: '1' },
    });
    expect(pack?.launches[0]?.env).not.toHaveProperty('NNODES');
    expect(spec.directories).toContain('/site/runs/run-digits-1/package/digits/1');
  });

  it('expects ranks at the rendezvous only where several meet there', () => {
    const joins = (role: JobRequestOptions['role']): readonly string[] =>
      render({ role: role ?? {} }).roles[0]?.ranks.map((rank) => rank.joins) ?? [];
    expect(joins({ launcher: 'torchrun', procsPerReplica: 2 })).toEqual(['rendezvous', 'rendezvous']);
    expect(joins({ launcher: 'torchrun' })).toEqual(['spawn']);
    expect(joins({ replicas: 2 })).toEqual(['spawn', 'spawn']);
  });
});
