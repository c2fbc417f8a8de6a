import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { accessObjects, accessYaml } from '../../../../../adapters/kubernetes/rbac/objects.ts';
import type { AccessRequest } from '../../../../../adapters/kubernetes/rbac/objects.ts';
import { applyAccess } from '../../../../../adapters/kubernetes/rbac/apply.ts';
import { refusal, ScriptedKube } from '../../../../support/scripted-kube.ts';

const REQUEST: AccessRequest = {
  namespace: 'ml',
  serviceAccount: 'robot',
  backends: ['volcano'],
  clusterRole: true,
  exec: false,
};
const ROLE = 'PATCH /apis/rbac.authorization.k8s.io/v1/namespaces/ml/roles/trainyard';
const BINDING = 'PATCH /apis/rbac.authorization.k8s.io/v1/namespaces/ml/rolebindings/trainyard';
const parsed = (text: string): unknown[] => parseAllDocuments(text).map((document): unknown => document.toJS());

describe('accessObjects', () => {
  it('binds the role of a namespace to its service account', () => {
    const [role, binding] = accessObjects({ ...REQUEST, clusterRole: false });
    expect(role).toMatchObject({ kind: 'Role', metadata: { name: 'trainyard', namespace: 'ml' } });
    expect(binding).toMatchObject({
      kind: 'RoleBinding',
      metadata: { namespace: 'ml' },
      roleRef: { kind: 'Role', name: 'trainyard' },
      subjects: [{ kind: 'ServiceAccount', name: 'robot', namespace: 'ml' }],
    });
    expect(accessObjects({ ...REQUEST, clusterRole: false })).toHaveLength(2);
  });

  it('binds an account of another namespace, and gives each account a cluster binding of its own', () => {
    const objects = accessObjects({ ...REQUEST, serviceAccountNamespace: 'ops' });
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'Role trainyard',
      'RoleBinding trainyard',
      'ClusterRole trainyard-read',
      'ClusterRoleBinding trainyard-read-ops-robot',
    ]);
    expect(objects[1]).toMatchObject({ subjects: [{ name: 'robot', namespace: 'ops' }] });
    expect(objects[3]).toMatchObject({ subjects: [{ name: 'robot', namespace: 'ops' }] });
  });

  it('says nothing of secrets unless some are named, and then of these alone', () => {
    const rules = (over: Partial<AccessRequest>) => JSON.stringify(accessObjects({ ...REQUEST, ...over })[0]);
    expect(rules({})).not.toContain('secrets');
    expect(rules({ secrets: ['forge', 'store'] })).toContain(
      '{"apiGroups":[""],"resources":["secrets"],"resourceNames":["forge","store"],"verbs":["get"]}',
    );
  });

  it('gives people a role of their own that changes nothing and reads neither logs nor secrets past the worker', () => {
    const people = [{ kind: 'Group', name: 'ml-team' }] as const;
    const [role, binding, ...others] = accessObjects({ ...REQUEST, people });
    expect(others).toEqual([]);
    expect(role).toMatchObject({
      kind: 'Role',
      metadata: { name: 'trainyard-people', namespace: 'ml' },
      rules: [
        { resources: ['pods'], verbs: ['list'] },
        { resources: ['pods/portforward'], verbs: ['create', 'get'] },
      ],
    });
    expect(binding).toMatchObject({
      roleRef: { kind: 'Role', name: 'trainyard-people' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'ml-team' }],
    });
    const [withExec] = accessObjects({ ...REQUEST, people, exec: true });
    expect(JSON.stringify(withExec)).toContain('pods/exec');
  });

  it('gives what exporters of GPU figures need in their namespace, to the account of the site', () => {
    const objects = accessObjects({ ...REQUEST, clusterRole: false, gpuMetrics: ['gpu-operator'] }).slice(2);
    const metadata = { name: 'trainyard-gpu-ml-robot', namespace: 'gpu-operator' };
    expect(objects).toMatchObject([
      {
        kind: 'Role',
        metadata,
        rules: [{ resources: ['endpointslices'] }, { resources: ['pods/proxy'], verbs: ['get'] }],
      },
      { kind: 'RoleBinding', metadata, subjects: [{ kind: 'ServiceAccount', name: 'robot', namespace: 'ml' }] },
    ]);
  });

  it('gives one cluster role whatever the backends, for sites that share it', () => {
    const rulesOf = (backends: AccessRequest['backends']) => accessObjects({ ...REQUEST, backends })[2];
    expect(rulesOf(['volcano'])).toEqual(rulesOf(['trainjob', 'paddlejob']));
  });
});

describe('accessYaml', () => {
  it('says the same as the objects, and above each rule what it is for', () => {
    const text = accessYaml(REQUEST);
    expect(parsed(text)).toEqual(accessObjects(REQUEST));
    expect(text).toContain("  # why pods do not start\n  - apiGroups: ['']\n    resources: [events]\n");
  });

  it('leaves the namespace open for kustomize', () => {
    expect(accessYaml({ ...REQUEST, namespace: null, clusterRole: false })).not.toContain('namespace:');
  });

  it('quotes names that YAML would read as something else', () => {
    expect(parsed(accessYaml({ ...REQUEST, namespace: '123', serviceAccount: 'on' }))[1]).toMatchObject({
      metadata: { namespace: '123' },
      subjects: [{ name: 'on', namespace: '123' }],
    });
  });
});

describe('applyAccess', () => {
  it('applies every object on the server, strictly', async () => {
    const api = new ScriptedKube({ [ROLE]: {}, [BINDING]: {} });
    const objects = accessObjects({ ...REQUEST, clusterRole: false });
    expect(await applyAccess(api, objects)).toEqual(['role/trainyard', 'rolebinding/trainyard']);
    expect(api.asked[0]?.options).toEqual({
      query: { fieldManager: 'trainyard', force: true, fieldValidation: 'Strict' },
      contentType: 'application/apply-patch+yaml',
      body: objects[0],
    });
  });

  it('says who must do it where this account may not, and what is already done', async () => {
    const api = new ScriptedKube({ [ROLE]: {}, [BINDING]: refusal(403, 'Forbidden', 'attempting to grant') });
    await expect(applyAccess(api, accessObjects(REQUEST))).rejects.toMatchObject({
      code: 'TY_CLUSTER_FORBIDDEN',
      message: 'rolebinding/trainyard was not applied; role/trainyard was',
      details: { why: 'attempting to grant' },
    });
  });

  it.each([
    [null, 'TY_CLUSTER_UNAVAILABLE'],
    [503, 'TY_CLUSTER_UNAVAILABLE'],
    [401, 'TY_CLUSTER_UNAUTHORIZED'],
    [404, 'TY_CLUSTER_NAMESPACE'],
  ] as const)('maps the answer %s to %s', async (status, code) => {
    const api = new ScriptedKube({ [ROLE]: refusal(status, 'any') });
    await expect(applyAccess(api, accessObjects(REQUEST))).rejects.toMatchObject({ code });
  });
});
