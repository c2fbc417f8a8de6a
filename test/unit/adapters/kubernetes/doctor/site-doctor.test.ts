import { describe, expect, it } from 'vitest';
import type { SendOptions } from '../../../../../adapters/kubernetes/api.ts';
import type { FolderProbe } from '../../../../../adapters/kubernetes/doctor/folder.ts';
import { INSTALLS } from '../../../../../adapters/kubernetes/doctor/installs.ts';
import { siteFindings } from '../../../../../adapters/kubernetes/doctor/site-doctor.ts';
import type { SiteQuestion } from '../../../../../adapters/kubernetes/doctor/site-doctor.ts';
import { at } from '../../../../../domain/json.ts';
import { refusal, ScriptedKube, served } from '../../../../support/scripted-kube.ts';

const GIB = 2 ** 30;
const QUESTION: SiteQuestion = {
  namespace: 'ml',
  workspace: { root: '/workspace', claim: 'shared' },
  runAs: { user: 1000, group: 1000 },
  minFree: GIB / 2,
  backend: 'volcano',
  queue: null,
  runtime: null,
};
const FOLDER: FolderProbe = {
  kind: () => Promise.resolve('folder'),
  writable: () => Promise.resolve(true),
  freeBytes: () => Promise.resolve(100 * GIB),
  user: 1000,
};
const VOLCANO = served({
  'batch.volcano.sh/v1alpha1': ['jobs'],
  'bus.volcano.sh/v1alpha1': ['commands'],
  'scheduling.volcano.sh/v1beta1': ['podgroups', 'queues'],
});
const REVIEW = 'POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const CLAIM = 'GET /api/v1/namespaces/ml/persistentvolumeclaims/shared';
const QUEUE = 'GET /apis/scheduling.volcano.sh/v1beta1/queues/default';
const claim = (phase: string, modes: readonly string[]) => ({
  spec: { accessModes: modes },
  status: { phase, accessModes: modes, capacity: { storage: '1Ti' } },
});

/** A cluster on which Volcano and everything else is as it should be. */
const HEALTHY = {
  'GET /version': { gitVersion: 'v1.34.1' },
  ...VOLCANO,
  'GET /api/v1/namespaces/ml': { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } } },
  'POST /apis/authentication.k8s.io/v1/selfsubjectreviews': {
    status: { userInfo: { username: 'system:serviceaccount:ml:robot' } },
  },
  [REVIEW]: { status: { allowed: true } },
  [CLAIM]: claim('Bound', ['ReadWriteMany']),
  [QUEUE]: { status: { state: 'Open' } },
};

const denying = (denied: (attributes: unknown) => boolean) => ({
  [REVIEW]: ({ body }: SendOptions) => ({
    status: { allowed: !denied(at(body, 'spec', 'resourceAttributes')) },
  }),
});

async function look(answers: Readonly<Record<string, unknown>>, wish: Partial<SiteQuestion> = {}, folder = FOLDER) {
  const api = new ScriptedKube({ ...HEALTHY, ...answers });
  return await siteFindings(() => Promise.resolve(api), { ...QUESTION, ...wish }, folder);
}

describe('siteFindings', () => {
  it('finds nothing amiss where all is well', async () => {
    const findings = await look({});
    expect(findings.map(({ name, state, found }) => [name, state, found])).toEqual([
      ['api server', 'ok', 'v1.34.1 at https://kube.test:6443'],
      ['namespace', 'ok', 'ml, pod security baseline'],
      ['volcano', 'ok', 'batch.volcano.sh/v1alpha1'],
      ['commands', 'ok', 'bus.volcano.sh/v1alpha1'],
      ['rights', 'ok', 'system:serviceaccount:ml:robot may do all that is needed'],
      ['claim', 'ok', 'shared, Bound, ReadWriteMany, 1Ti'],
      ['queue', 'ok', 'default, open'],
      ['workspace', 'ok', '/workspace, 100.0 GiB free'],
    ]);
  });

  it('still looks at the mount where the API server is away, and names the server', async () => {
    const findings = await look({ 'GET /version': refusal(null, 'ECONNREFUSED', 'connect ECONNREFUSED') });
    expect(findings.map(({ name, state }) => `${name} ${state}`)).toEqual(['api server missing', 'workspace ok']);
    expect(findings[0]?.found).toContain('https://kube.test:6443: connect ECONNREFUSED');
  });

  it('reports a kubeconfig that cannot be opened', async () => {
    const findings = await siteFindings(() => Promise.reject(new Error('no such file: /k')), QUESTION, FOLDER);
    expect(findings[0]).toMatchObject({ name: 'api server', state: 'missing', found: 'no such file: /k' });
  });

  it('prints how a backend that is not there is installed', async () => {
    const bare = served({ 'apps/v1': ['deployments'] });
    const cases = [
      ['volcano', INSTALLS.volcano],
      ['trainjob', INSTALLS.trainer],
      ['paddlejob', INSTALLS.paddlecloud],
    ] as const;
    for (const [backend, install] of cases) {
      const findings = await look(bare, { backend });
      expect(findings.find(({ name }) => name === backend)).toMatchObject({ state: 'missing', fix: install });
    }
  });

  it('tells a namespace that is missing from one it may not look at', async () => {
    const gone = await look({ 'GET /api/v1/namespaces/ml': refusal(404, 'NotFound') });
    expect(gone).toContainEqual(
      expect.objectContaining({ name: 'namespace', state: 'missing', fix: 'kubectl create namespace ml' }),
    );
    const closed = await look({ 'GET /api/v1/namespaces/ml': refusal(403, 'Forbidden') });
    expect(closed.map(({ name }) => name)).not.toContain('namespace');
  });

  it('lists what is installed when no backend is named', async () => {
    const findings = await look({}, { backend: null });
    expect(findings).toContainEqual(expect.objectContaining({ name: 'backends', found: 'kubernetes-job, volcano' }));
  });
});

describe('rights', () => {
  const denied = (resource: string, verbs: readonly string[]) =>
    denying(
      (asked) =>
        at(asked, 'resource') === resource &&
        verbs.some((verb) => verb === at(asked, 'verb')) &&
        at(asked, 'group') === 'batch.volcano.sh',
    );

  it('prints the rule that is missing as it stands in a Role, and the command that grants it', async () => {
    const findings = await look(denied('jobs', ['create', 'delete']));
    expect(findings.filter(({ name }) => name === 'rights')).toEqual([
      {
        name: 'rights',
        state: 'missing',
        found: 'may not create, delete jobs.batch.volcano.sh, for: starts, follows and ends jobs',
        fix:
          'trainyard rbac -n ml --service-account robot --backend volcano --apply; or add to the Role: ' +
          '- {"apiGroups": ["batch.volcano.sh"], "resources": ["jobs"], "verbs": ["create", "delete"]}',
      },
    ]);
  });

  it('only warns about rights to read the cluster, and says what is lacking without them', async () => {
    const findings = await look(denying((asked) => at(asked, 'resource') === 'queues'));
    expect(findings.filter(({ name }) => name === 'rights')).toMatchObject([
      {
        state: 'warn',
        found: 'may not get queues.scheduling.volcano.sh: doctor does not tell whether a queue of Volcano is open',
        fix: expect.stringContaining('--cluster-role --apply; or add to the ClusterRole: - {"apiGroups": ["sched'),
      },
    ]);
  });

  it('asks about subresources as such, and never about what is not installed', async () => {
    const api = new ScriptedKube(HEALTHY);
    await siteFindings(() => Promise.resolve(api), QUESTION, FOLDER);
    const asked = api.asked
      .filter(({ what }) => what === REVIEW)
      .map(({ options }) => at(options.body, 'spec', 'resourceAttributes'));
    expect(asked).toContainEqual({ group: '', resource: 'pods', subresource: 'log', verb: 'get', namespace: 'ml' });
    expect(asked.map((one) => at(one, 'group'))).not.toContain('metrics.k8s.io');
    expect(asked.map((one) => at(one, 'resource'))).not.toContain('secrets');
  });

  it('names no account it does not know', async () => {
    const human = {
      'POST /apis/authentication.k8s.io/v1/selfsubjectreviews': { status: { userInfo: { username: 'eve' } } },
    };
    const findings = await look({ ...denied('jobs', ['create']), ...human });
    expect(findings.find(({ name }) => name === 'rights')?.fix).toContain('--service-account NAME --backend volcano');
  });

  it('says so where it cannot ask', async () => {
    const findings = await look({ [REVIEW]: refusal(429, 'TooManyRequests', 'slow down') });
    expect(findings).toContainEqual(expect.objectContaining({ name: 'rights', state: 'warn' }));
  });
});

describe('the workspace', () => {
  it.each([
    ['is not there', refusal(404, 'NotFound'), 'missing'],
    ['may not be read', refusal(403, 'Forbidden'), 'warn'],
    ['is not bound yet', claim('Pending', ['ReadWriteMany']), 'warn'],
    ['has lost its volume', claim('Lost', ['ReadWriteMany']), 'missing'],
    ['is for one node only', claim('Bound', ['ReadWriteOnce']), 'missing'],
  ])('a claim that %s is a finding', async (_, answer, state) => {
    const findings = await look({ [CLAIM]: answer });
    expect(findings.find(({ name }) => name === 'claim')).toMatchObject({ state });
  });

  it.each([
    ['is not mounted', { kind: () => Promise.resolve(null) }, 'missing'],
    ['is a file', { kind: () => Promise.resolve('other' as const) }, 'missing'],
    ['cannot be written', { writable: () => Promise.resolve(false) }, 'missing'],
    ['is nearly full', { freeBytes: () => Promise.resolve(GIB) }, 'warn'],
    ['is full', { freeBytes: () => Promise.resolve(0) }, 'missing'],
    ['does not tell its room', { freeBytes: () => Promise.reject(new Error('stale')) }, 'warn'],
  ])('a folder that %s is a finding', async (_, probe, state) => {
    const findings = await look({}, {}, { ...FOLDER, ...probe });
    expect(findings.find(({ name }) => name === 'workspace')).toMatchObject({ state });
  });

  it('warns where pods run as another user than the worker, unless the worker is root', async () => {
    const names = async (user: number) => (await look({}, {}, { ...FOLDER, user })).map(({ name }) => name);
    expect(await names(500)).toContain('user');
    expect(await names(0)).not.toContain('user');
  });
});

describe('what a spec names', () => {
  const RUNTIMES = '/apis/trainer.kubeflow.org/v1alpha1';
  const TRAINER = served({ 'trainer.kubeflow.org/v1alpha1': ['trainjobs'], 'jobset.x-k8s.io/v1alpha2': ['jobsets'] });
  const KUEUE = served({ 'kueue.x-k8s.io/v1beta2': ['workloads', 'localqueues'] });
  const named = async (answers: Readonly<Record<string, unknown>>, wish: Partial<SiteQuestion>, name: string) =>
    (await look(answers, wish)).find((finding) => finding.name === name);

  it('a queue of Volcano that is closed or missing is a finding; one that may not be read is none', async () => {
    expect(await named({ [QUEUE]: { status: { state: 'Closed' } } }, {}, 'queue')).toMatchObject({ state: 'missing' });
    expect(await named({ [QUEUE]: refusal(404, 'NotFound') }, {}, 'queue')).toMatchObject({ state: 'missing' });
    expect(await named({ [QUEUE]: refusal(403, 'Forbidden') }, {}, 'queue')).toBeUndefined();
  });

  it('a queue of Kueue must be there and active', async () => {
    const path = 'GET /apis/kueue.x-k8s.io/v1beta2/namespaces/ml/localqueues/fast';
    const wish = { backend: 'kubernetes-job', queue: 'fast' } as const;
    const active = (status: string) => ({ status: { conditions: [{ type: 'Active', status, message: 'stopped' }] } });
    expect(await named({ ...KUEUE, [path]: active('True') }, wish, 'queue')).toMatchObject({ state: 'ok' });
    expect(await named({ ...KUEUE, [path]: active('False') }, wish, 'queue')).toMatchObject({ state: 'missing' });
    expect(await named(KUEUE, wish, 'queue')).toMatchObject({ state: 'missing' });
    expect(await named({}, wish, 'queue')).toMatchObject({ state: 'missing', found: 'fast: no Kueue on the cluster' });
  });

  it('a runtime is looked for in the namespace, then in the cluster', async () => {
    const wish = { backend: 'trainjob', runtime: 'torch' } as const;
    const own = `GET ${RUNTIMES}/namespaces/ml/trainingruntimes/torch`;
    const shared = `GET ${RUNTIMES}/clustertrainingruntimes/torch`;
    expect(await named({ ...TRAINER, [own]: {} }, wish, 'runtime')).toMatchObject({ state: 'ok' });
    expect(await named({ ...TRAINER, [shared]: {} }, wish, 'runtime')).toMatchObject({ state: 'ok' });
    expect(await named(TRAINER, wish, 'runtime')).toMatchObject({ state: 'missing' });
    const closed = { ...TRAINER, [shared]: refusal(403, 'Forbidden') };
    expect(await named(closed, wish, 'runtime')).toMatchObject({ state: 'warn' });
  });

  it('a Trainer of an unknown form, and one without JobSet, are findings', async () => {
    const alone = served({ 'trainer.kubeflow.org/v1alpha1': ['trainjobs'] });
    expect(await named(alone, { backend: 'trainjob' }, 'trainjob')).toMatchObject({ state: 'missing' });
    expect(await named(alone, { backend: 'trainjob' }, 'jobset')).toMatchObject({
      state: 'missing',
      fix: INSTALLS.jobset,
    });
  });
});
