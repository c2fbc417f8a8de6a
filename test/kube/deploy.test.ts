import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { at } from '../../domain/json.ts';
import type { Cluster } from '../cluster-support/cluster.ts';
import { addNamespace, removeNamespace } from '../cluster-support/namespaces.ts';
import { pathOf } from '../cluster-support/objects.ts';
import type { KubeObject } from '../cluster-support/objects.ts';
import { programsOf } from '../cluster-support/programs.ts';
import { MERGE_PATCH } from '../cluster-support/rest.ts';
import { CLUSTER_START_MS, sharedCluster } from '../cluster-support/shared.ts';
import { DEPLOY } from '../support/deploy-manifests.ts';

let cluster: Cluster;
let namespace = '';
let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-overlay-'));
  cluster = await sharedCluster();
  namespace = await addNamespace(cluster.rest, 'deploy');
}, CLUSTER_START_MS);

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await removeNamespace(cluster.rest, namespace);
  await cluster.stop();
});

/** What kustomize makes of an overlay such as the guide shows. */
function built(from: string): readonly KubeObject[] {
  const overlay = {
    namespace,
    resources: [relative(folder, join(DEPLOY, from))],
    images: [{ name: 'trainyard', newName: 'registry.example.com/trainyard', newTag: '0.1.0' }],
  };
  writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(overlay));
  const text = execFileSync(join(programsOf('kubernetes'), 'kubectl'), ['kustomize', folder], { encoding: 'utf8' });
  return parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
}

describe('deploy/kubernetes', () => {
  it.each(['base', 'cluster-read'])('%s is taken by the API server, field by field', async (from) => {
    const objects = built(from);
    expect(objects.length).toBeGreaterThanOrEqual(7);
    for (const object of objects) {
      const { name: _, ...metadata } = object.metadata;
      const path = await pathOf(cluster.rest, { ...object, metadata });
      const answer = await cluster.rest.send('POST', `${path}?dryRun=All&fieldValidation=Strict`, object);
      expect(answer.status, `${object.kind}: ${JSON.stringify(answer.body).slice(0, 300)}`).toBe(201);
    }
  });

  it('the pod of the worker is admitted where only restricted pods are', async () => {
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await cluster.rest.want('PATCH', `/api/v1/namespaces/${namespace}`, { metadata: { labels } }, MERGE_PATCH);
    const worker = built('base').find(({ kind }) => kind === 'Deployment');
    const template = at(worker, 'spec', 'template', 'spec') as Readonly<Record<string, unknown>>;
    // Its own service account is not there: only what pod security says is asked.
    const { serviceAccountName: _, ...spec } = template;
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'worker' }, spec };
    const path = `/api/v1/namespaces/${namespace}/pods?dryRun=All&fieldValidation=Strict`;
    expect(await cluster.rest.send('POST', path, pod)).toMatchObject({ status: 201 });
    const open = { ...pod, spec: { ...spec, hostNetwork: true } };
    expect(await cluster.rest.send('POST', path, open)).toMatchObject({ status: 403 });
  });

  it('binds the rights to the service account of that namespace', () => {
    for (const { kind, subjects } of built('cluster-read').filter((object) => object.kind.endsWith('Binding'))) {
      expect(subjects, kind).toEqual([{ kind: 'ServiceAccount', name: 'trainyard', namespace }]);
    }
  });
});
