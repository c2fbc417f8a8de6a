import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createKubeApi } from '../../adapters/kubernetes/api.ts';
import type { KubeApi } from '../../adapters/kubernetes/api.ts';
import { siteFindings } from '../../adapters/kubernetes/doctor/site-doctor.ts';
import { applyAccess } from '../../adapters/kubernetes/rbac/apply.ts';
import { accessObjects } from '../../adapters/kubernetes/rbac/objects.ts';
import type { AccessRequest } from '../../adapters/kubernetes/rbac/objects.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import { loadSettings } from '../../spec/settings.ts';
import { createComposition } from '../../worker/compose.ts';
import { restAs } from '../cluster-support/cluster.ts';
import type { Cluster } from '../cluster-support/cluster.ts';
import { addNamespace, removeNamespace } from '../cluster-support/namespaces.ts';
import { apply } from '../cluster-support/objects.ts';
import { CLUSTER_START_MS, sharedCluster } from '../cluster-support/shared.ts';

let cluster: Cluster;
let admin: KubeApi;
let namespace = '';

beforeAll(async () => {
  cluster = await sharedCluster();
  namespace = await addNamespace(cluster.rest, 'rights');
  admin = await createKubeApi({ kubeconfig: cluster.kubeconfig, context: null });
  await apply(cluster.rest, [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'shared', namespace },
      spec: { accessModes: ['ReadWriteMany'], storageClassName: '', resources: { requests: { storage: '1Gi' } } },
    },
  ]);
}, CLUSTER_START_MS);

afterAll(async () => {
  admin.close();
  await cluster.rest.send('DELETE', '/apis/rbac.authorization.k8s.io/v1/clusterroles/trainyard-read');
  for (const name of ['reader', 'plain', 'bare']) {
    const path = `/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/trainyard-read-${namespace}-${name}`;
    await cluster.rest.send('DELETE', path);
  }
  await removeNamespace(cluster.rest, namespace);
  await cluster.stop();
});

/** A service account with these rights, as its token. */
async function account(name: string, wish: Partial<AccessRequest> | null): Promise<string> {
  await apply(cluster.rest, [{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } }]);
  if (wish !== null) {
    const request = { namespace, serviceAccount: name, clusterRole: false, exec: false } as const;
    await applyAccess(admin, accessObjects({ ...request, backends: ['kubernetes-job'], ...wish }));
  }
  return await cluster.serviceAccountToken(namespace, name);
}

async function look(token: string, backend: ClusterBackendKind = 'kubernetes-job') {
  const kubeconfig = cluster.kubeconfigFor({ token });
  return await siteFindings(() => createKubeApi({ kubeconfig, context: null }), {
    namespace,
    workspace: { root: tmpdir(), claim: 'shared' },
    runAs: { user: process.getuid?.() ?? 0, group: 0 },
    minFree: 0,
    backend,
    queue: null,
    runtime: null,
  });
}

describe('the rights of a site, as an API server sees them', () => {
  it('are all that doctor asks for, applied twice or once', async () => {
    await account('reader', { clusterRole: true });
    const findings = await look(await account('reader', { clusterRole: true }));
    const who = `system:serviceaccount:${namespace}:reader`;
    expect(findings).toContainEqual(
      expect.objectContaining({ name: 'rights', state: 'ok', found: `${who} may do all that is needed` }),
    );
    expect(findings).toContainEqual(expect.objectContaining({ name: 'namespace', state: 'ok' }));
    expect(findings).toContainEqual(expect.objectContaining({ name: 'api server', state: 'ok' }));
    expect(findings).toContainEqual(expect.objectContaining({ name: 'claim', state: 'warn' }));
  });

  it('without those on the cluster, only leave warnings that say what is lacking', async () => {
    const findings = await look(await account('plain', {}), 'trainjob');
    const rights = findings.filter(({ name }) => name === 'rights');
    expect(rights.length).toBeGreaterThan(0);
    expect(rights.map(({ state }) => state)).not.toContain('missing');
    expect(rights.map(({ found }) => found).join('\n')).toContain('customresourcedefinitions');
  });

  it('let an account without any be told each rule it lacks', async () => {
    const findings = await look(await account('bare', null));
    const fixes = findings.filter(({ name, state }) => name === 'rights' && state === 'missing').map(({ fix }) => fix);
    expect(fixes).toContainEqual(
      expect.stringContaining(`trainyard rbac -n ${namespace} --service-account bare --backend kubernetes-job --apply`),
    );
    expect(fixes.join('\n')).toContain('{"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["create", ');
  });

  it('reach nothing beyond the table', async () => {
    const rest = restAs(cluster, await account('plain', {}));
    const own = `/api/v1/namespaces/${namespace}`;
    const rbac = `/apis/rbac.authorization.k8s.io/v1`;
    const denied = [
      ['GET', `${own}/secrets`],
      ['GET', `${own}/secrets/any`],
      ['GET', `${own}/serviceaccounts`],
      ['POST', `${own}/serviceaccounts/default/token`],
      ['POST', `${own}/pods`],
      ['PATCH', `${own}/pods/any`],
      ['DELETE', `${own}/pods`],
      ['POST', `${own}/pods/any/exec`],
      ['POST', `${own}/pods/any/eviction`],
      ['POST', `${own}/events`],
      ['GET', `${own}/configmaps`],
      ['GET', `/apis/apps/v1/namespaces/${namespace}/deployments`],
      ['POST', `${rbac}/namespaces/${namespace}/roles`],
      ['POST', `${rbac}/namespaces/${namespace}/rolebindings`],
      ['DELETE', own],
      ['GET', '/api/v1/namespaces'],
      ['GET', '/api/v1/namespaces/default'],
      ['GET', '/api/v1/nodes'],
      ['GET', '/api/v1/pods'],
      ['GET', '/api/v1/namespaces/default/pods'],
      ['GET', '/apis/batch/v1/jobs'],
      ['POST', '/apis/batch/v1/namespaces/default/jobs'],
      ['GET', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'],
      ['GET', '/metrics'],
    ] as const;
    const answers = await Promise.all(
      denied.map(async ([method, path]) => [`${method} ${path}`, (await rest.send(method, path)).status] as const),
    );
    rest.close();
    expect(answers.filter(([, status]) => status !== 403)).toEqual([]);
  });

  it('let commands into pods only where that was asked for', async () => {
    const ask = async (name: string, exec: boolean) => {
      const rest = restAs(cluster, await account(name, { exec }));
      const { status } = await rest.send('GET', `/api/v1/namespaces/${namespace}/pods/any/exec?command=id`);
      rest.close();
      return status;
    };
    expect(await ask('plain', true)).not.toBe(403);
    expect(await ask('plain', false)).toBe(403);
  });

  it('cannot be widened by the account that has them', async () => {
    const kubeconfig = cluster.kubeconfigFor({ token: await account('plain', {}) });
    const api = await createKubeApi({ kubeconfig, context: null });
    const wider = accessObjects({
      namespace,
      serviceAccount: 'plain',
      backends: ['volcano'],
      clusterRole: false,
      exec: true,
    });
    await expect(applyAccess(api, wider)).rejects.toMatchObject({ code: 'TY_CLUSTER_FORBIDDEN' });
    api.close();
  });

  it('are granted with the kubeconfig of whoever runs the command, and looked over with that of the site', async () => {
    const token = await account('bare', null);
    const site = {
      kubeconfig: cluster.kubeconfigFor({ token }),
      namespace,
      workspace: { root: tmpdir(), claim: 'shared' },
    };
    const file = JSON.stringify({ sites: { gpu: site } });
    const composition = await createComposition(loadSettings({ env: {}, file, dev: null, directory: '/' }));
    const wish = { site: 'gpu', backend: 'kubernetes-job', queue: null, runtime: null } as const;
    const lacking = async () =>
      (await composition.siteDoctor(wish)).filter(({ name, state }) => name === 'rights' && state === 'missing').length;
    expect(await lacking()).toBeGreaterThan(0);
    vi.stubEnv('KUBECONFIG', cluster.kubeconfig);
    const access = {
      namespace,
      serviceAccount: 'bare',
      backends: ['kubernetes-job'],
      clusterRole: false,
      exec: false,
    } as const;
    expect(await composition.grantSiteAccess({ ...access, kubeContext: null })).toEqual([
      'role/trainyard',
      'rolebinding/trainyard',
    ]);
    expect(await lacking()).toBe(0);
  });
});
