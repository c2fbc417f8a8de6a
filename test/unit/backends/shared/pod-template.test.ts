import { describe, expect, it } from 'vitest';
import { ALONE } from '../../../../backends/shared/network.ts';
import { podTemplate } from '../../../../backends/shared/pod-template.ts';
import type { PodTemplate, TemplateInput } from '../../../../backends/shared/pod-template.ts';
import { jobClaims } from '../../../../backends/shared/pod-volumes.ts';
import type { JobRequest } from '../../../../domain/job.ts';
import type { AcceleratorPlan, PodPlan } from '../../../../domain/pod-plan.ts';
import { clusterOptions, clusterRequest, clusterSite, podPlan, torchRole } from '../../../support/cluster-job.ts';
import { trainStep } from '../../../support/job-request.ts';

const one = clusterRequest({ roles: [torchRole(1)], resources: { cpu: 2, memoryBytes: 4 * 2 ** 30 } });

function template(pod: Partial<PodPlan> = {}, over: Partial<TemplateInput> = {}): PodTemplate {
  const request = over.request ?? one;
  const [role = torchRole(1)] = request.plan.roles;
  return podTemplate({ request, site: clusterSite(), options: clusterOptions({}, pod), role, network: ALONE, ...over });
}

const code = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return (error as { readonly code?: unknown }).code;
  }
  return null;
};

const env = (made: PodTemplate): Record<string, unknown> =>
  Object.fromEntries(made.spec.containers[0].env.map((one) => [one.name, 'value' in one ? one.value : one.valueFrom]));

describe('the pod of a role', () => {
  it('is what Pod Security restricted asks for', () => {
    const { spec } = template();
    expect(spec).toMatchObject({
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 1000,
        runAsGroup: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      terminationGracePeriodSeconds: 5,
    });
    expect(spec.containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('is found by its labels, and carries the exact run', () => {
    const long = `Lauf.${'x'.repeat(80)}.1`;
    const { metadata } = template({}, { request: { ...one, runId: long } });
    expect(metadata).toEqual({
      labels: {
        'app.kubernetes.io/managed-by': 'trainyard',
        'trainyard.dev/job': 'digits-abcdefgh-t1',
        'trainyard.dev/run': long.slice(0, 63),
        'trainyard.dev/purpose': 'train',
        'trainyard.dev/attempt': '1',
        'trainyard.dev/role': 'worker',
      },
      annotations: { 'trainyard.dev/run-id': long },
    });
  });

  it('starts torchrun, which reads from the environment how many there are', () => {
    const [container] = template().spec.containers;
    expect(container.command).toEqual(['python3', '-m', 'torch.distributed.run', 'train.py', '--epochs=3']);
    expect(container.workingDir).toBe('/code');
    expect(env(template())).toMatchObject({
      PET_NNODES: '1',
      PET_NPROC_PER_NODE: '1',
      PET_NODE_RANK: '0',
      PET_MASTER_ADDR: '127.0.0.1',
      PET_MASTER_PORT: '29500',
      TRAINYARD_CODE_DIR: '/code',
      TRAINYARD_DATASET_DIR: '/dataset',
      TRAINYARD_OUTPUT_DIR: '/model',
      TRAINYARD_MODEL_FILE: '/package/digits/1/model.torchscript',
      OMP_NUM_THREADS: '2',
    });
  });

  it('says nothing of other replicas where there are none', () => {
    expect(Object.keys(env(template())).filter((name) => /^(NNODES|NODE_RANK|MASTER_|VC_|TASK)/.test(name))).toEqual(
      [],
    );
  });

  it('sees its own folders of the workspace and no others', () => {
    const mounts = template().spec.containers[0].volumeMounts.filter((mount) => mount.name === 'workspace');
    expect(mounts).toEqual([
      { name: 'workspace', mountPath: '/code', subPath: 'code', readOnly: true },
      { name: 'workspace', mountPath: '/dataset', subPath: 'dataset', readOnly: true },
      { name: 'workspace', mountPath: '/model', subPath: 'runs/run-digits-1/output' },
      { name: 'workspace', mountPath: '/package', subPath: 'runs/run-digits-1/package' },
      { name: 'workspace', mountPath: '/metrics/metrics.jsonl', subPath: 'runs/run-digits-1/metrics.jsonl' },
    ]);
  });

  it('sees the model repo beside the code where the two are not one', () => {
    const request = { ...one, directories: { ...one.directories, model: '/workspace/checkouts/m/c' } };
    const made = template({}, { request });
    expect(env(made)).toMatchObject({ TRAINYARD_CODE_DIR: '/code', TRAINYARD_MODEL_DIR: '/base-model' });
    expect(made.spec.containers[0].volumeMounts).toContainEqual({
      name: 'workspace',
      mountPath: '/base-model',
      subPath: 'checkouts/m/c',
      readOnly: true,
    });
  });

  it('never reaches out of the workspace', () => {
    for (const directory of ['/elsewhere', '/workspace', '/workspace-2/code', '/workspace/a/../../etc']) {
      const request: JobRequest = { ...one, directories: { ...one.directories, output: directory } };
      expect(
        code(() => template({}, { request })),
        directory,
      ).toBe('TY_BACKEND_DIRECTORY');
    }
  });

  it('runs the steps of packaging one after the other, each in a container of its own', () => {
    const steps = [
      { name: 'package', argv: ['python3', 'export.py'], cwd: 'code' },
      { name: 'layout', argv: ['python3', '{assets}/layout.py'], cwd: 'code' },
      { name: 'evaluate', argv: ['python3', 'evaluate.py'], cwd: 'code' },
    ] as const;
    const request = clusterRequest({ roles: [torchRole(1, { launcher: 'plain', steps })] });
    const { spec } = template({}, { request });
    const names = (list: unknown): unknown => (list as { name: string }[]).map((container) => container.name);
    expect([names(spec['initContainers']), names(spec.containers)]).toEqual([['package', 'layout'], ['evaluate']]);
    expect(spec['initContainers']).toMatchObject([{}, { command: ['python3', '/trainyard/layout.py'] }]);
    const many = clusterRequest({ roles: [torchRole(2, { launcher: 'plain', steps })] });
    expect(code(() => template({}, { request: many }))).toBe('TY_BACKEND_UNSUPPORTED');
  });

  it('gets arguments and variables as they were written, dollars and all', () => {
    const argv = ['echo', '$(HOME)', '$$(A)', '${B}', "'; rm -rf /"];
    const roles = [torchRole(1, { launcher: 'plain', steps: [trainStep(argv)], env: { PS1: '$(pwd)$ ' } })];
    const made = template({}, { request: clusterRequest({ roles }) });
    expect(made.spec.containers[0].command).toEqual(['echo', '$$(HOME)', '$$$$(A)', '$${B}', "'; rm -rf /"]);
    expect(env(made)['PS1']).toBe('$$(pwd)$$ ');
  });

  it('lets nobody replace the variables by which ranks and files are found', () => {
    const roles = [torchRole(1, { env: { PET_NNODES: '9', TRAINYARD_RUN_ID: 'other', LR: '0.1' } })];
    expect(env(template({}, { request: clusterRequest({ roles }) }))).toMatchObject({
      PET_NNODES: '1',
      TRAINYARD_RUN_ID: 'run-digits-1',
      LR: '0.1',
    });
  });

  it('reads secrets by reference', () => {
    const made = template({ secretEnv: { HF_TOKEN: { secret: 'hub', key: 'token' } } });
    expect(env(made)['HF_TOKEN']).toEqual({ secretKeyRef: { name: 'hub', key: 'token' } });
  });

  it('uses a service account only where the site names it', () => {
    expect(code(() => template({ serviceAccount: 'admin' }))).toBe('TY_BACKEND_POLICY');
    const made = template({ serviceAccount: 'trainer' }, { site: clusterSite({ serviceAccounts: ['trainer'] }) });
    expect(made.spec).toMatchObject({ serviceAccountName: 'trainer', automountServiceAccountToken: true });
  });
});

describe('the volumes of a pod', () => {
  const source = (pod: Partial<PodPlan>, name: string): unknown =>
    template(pod).spec.volumes.find((volume) => volume.name === name);

  it('keep shared memory in memory, of the size asked for', () => {
    expect(source({}, 'shared-memory')).toEqual({
      name: 'shared-memory',
      emptyDir: { medium: 'Memory', sizeLimit: String(2 * 2 ** 30) },
    });
    expect(source({ sharedMemoryBytes: null }, 'shared-memory')).toBeUndefined();
  });

  it.each<readonly [string, PodPlan['scratch'], unknown]>([
    ['the node', { kind: 'node', bytes: 5 * 2 ** 30 }, { emptyDir: { sizeLimit: '5368709120' } }],
    ['an existing claim', { kind: 'claim', claim: 'fast' }, { persistentVolumeClaim: { claimName: 'fast' } }],
    [
      'a claim that is kept',
      { kind: 'generated', bytes: 10, storageClass: null, keep: true },
      { persistentVolumeClaim: { claimName: 'digits-abcdefgh-t1-scratch' } },
    ],
    [
      'a claim that goes with the pod',
      { kind: 'generated', bytes: 10, storageClass: 'fast', keep: false },
      {
        ephemeral: {
          volumeClaimTemplate: {
            spec: {
              accessModes: ['ReadWriteOnce'],
              storageClassName: 'fast',
              resources: { requests: { storage: '10' } },
            },
          },
        },
      },
    ],
  ])('take scratch space from %s', (_name, scratch, expected) => {
    expect(source({ scratch }, 'scratch')).toMatchObject(expected as object);
  });

  it('of a kept claim are made once, for all replicas', () => {
    const pod = podPlan({ scratch: { kind: 'generated', bytes: 10, storageClass: null, keep: true } });
    const [claim, ...others] = jobClaims(clusterRequest({ roles: [torchRole(2)] }), clusterSite(), pod);
    expect(others).toEqual([]);
    expect(claim).toMatchObject({
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'digits-abcdefgh-t1-scratch', labels: { 'trainyard.dev/keep': 'true' } },
      spec: { accessModes: ['ReadWriteMany'] },
    });
  });

  it('bring code from a ConfigMap, from the image, or from the node where the site allows it', () => {
    expect(source({ code: { kind: 'configMap', name: 'scripts' } }, 'code')).toEqual({
      name: 'code',
      configMap: { name: 'scripts' },
    });
    expect(template({ code: { kind: 'image', path: '/opt/app' } }).spec.containers[0].workingDir).toBe('/opt/app');
    const code_ = { kind: 'hostPath', path: '/opt/code' } as const;
    expect(code(() => template({ code: code_ }))).toBe('TY_BACKEND_POLICY');
    const allowed = template({ code: code_ }, { site: clusterSite({ hostPathAllowed: true }) });
    expect(allowed.spec.volumes).toContainEqual({ name: 'code', hostPath: { path: '/opt/code', type: 'Directory' } });
  });

  it("are the user's own claims, each once, wherever they are mounted", () => {
    const volumes = [
      { claim: 'models', mountPath: '/mnt/models', subPath: null, readOnly: true },
      { claim: 'models', mountPath: '/mnt/cache', subPath: 'cache', readOnly: false },
    ];
    const { spec } = template({ volumes });
    expect(spec.volumes.filter((volume) => volume.name.startsWith('claim-'))).toHaveLength(1);
    expect(spec.containers[0].volumeMounts).toContainEqual({
      name: 'claim-0',
      mountPath: '/mnt/cache',
      subPath: 'cache',
    });
  });

  it.each(['/code', '/model/', '/dev/shm', 'relative', '/a/../etc', '/a:b'])('are not mounted at %s', (mountPath) => {
    const volumes = [{ claim: 'models', mountPath, subPath: null, readOnly: true }];
    expect(code(() => template({ volumes }))).toBe('TY_BACKEND_UNSUPPORTED');
  });
});

describe('the resources of a pod', () => {
  const asked = (profile: string, over: Partial<AcceleratorPlan> = {}): AcceleratorPlan => ({
    profile,
    count: 1,
    cores: null,
    memoryBytes: null,
    ...over,
  });
  const share = { cores: 50, memoryBytes: 4096 * 2 ** 20 };
  const limits = (accelerators: readonly AcceleratorPlan[], pod: Partial<PodPlan> = {}): unknown =>
    template({ accelerators, ...pod }).spec.containers[0].resources.limits;

  it.each<readonly [string, AcceleratorPlan, Readonly<Record<string, string>>]>([
    ['nvidia', asked('nvidia', { count: 2 }), { 'nvidia.com/gpu': '2' }],
    ['hami', asked('hami', share), { 'nvidia.com/gpu': '1', 'nvidia.com/gpucores': '50', 'nvidia.com/gpumem': '4096' }],
    [
      'alauda-hami',
      asked('alauda-hami', share),
      { 'nvidia.com/gpualloc': '1', 'nvidia.com/gpucores': '50', 'nvidia.com/gpumem': '4096' },
    ],
    [
      'volcano-vgpu',
      asked('volcano-vgpu', share),
      { 'volcano.sh/vgpu-number': '1', 'volcano.sh/vgpu-cores': '50', 'volcano.sh/vgpu-memory': '4096' },
    ],
    ['ascend910', asked('ascend910', { count: 8 }), { 'huawei.com/Ascend910': '8' }],
    ['nothing of hami', asked('hami', { count: null }), {}],
  ])('name what %s calls its devices, as limits only', (_name, one_, expected) => {
    expect(limits([one_])).toEqual({ cpu: '2', memory: '4294967296', ...expected });
    expect(template({ accelerators: [one_] }).spec.containers[0].resources.requests).toBeUndefined();
  });

  it("take the operator's own profiles", () => {
    const site = clusterSite({ profiles: { rocm: { count: 'amd.com/gpu', cores: null, memory: null } } });
    const made = template({ accelerators: [asked('rocm')] }, { site });
    expect(made.spec.containers[0].resources.limits).toMatchObject({ 'amd.com/gpu': '1' });
  });

  it.each([
    ['whole devices beside shares of them', [asked('nvidia'), asked('alauda-hami', share)]],
    ['two kinds of shares', [asked('hami', share), asked('volcano-vgpu', share)]],
    ['an unknown profile', [asked('tpu')]],
    ['a profile named like a property of every object', [asked('constructor')]],
    ['cores of a whole device', [asked('nvidia', { cores: 50 })]],
    ['memory of a whole device', [asked('ascend910', { memoryBytes: 2 ** 30 })]],
  ])('refuse %s', (_name, accelerators) => {
    expect(code(() => limits(accelerators))).toBe('TY_BACKEND_ACCELERATOR');
  });

  it('say which accelerators exclude each other', () => {
    expect(() => limits([asked('nvidia'), asked('alauda-hami', share)])).toThrow(/nvidia and alauda-hami exclude/);
  });

  it('request less than the limits, never more', () => {
    const pod = { cpu: 8, cpuRequest: 0.5, memoryRequestBytes: 2 ** 30 };
    expect(template(pod).spec.containers[0].resources).toMatchObject({
      requests: { cpu: '500m', memory: '1073741824' },
      limits: { cpu: '8' },
    });
    expect(code(() => template({ cpuRequest: 3 }))).toBe('TY_BACKEND_UNSUPPORTED');
  });
});
