import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadSettings } from '../../spec/settings.ts';
import { siteDryRun } from '../../worker/site-rehearsal.ts';
import type { Cluster } from '../cluster-support/cluster.ts';
import { addNamespace, removeNamespace } from '../cluster-support/namespaces.ts';
import { apply } from '../cluster-support/objects.ts';
import { CLUSTER_START_MS, sharedCluster } from '../cluster-support/shared.ts';
import { exampleDocument, specOf } from '../support/render-spec.ts';

let cluster: Cluster;
let namespace = '';

beforeAll(async () => {
  cluster = await sharedCluster();
  namespace = await addNamespace(cluster.rest, 'tried');
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
  await removeNamespace(cluster.rest, namespace);
  await cluster.stop();
});

function ask(claim: string, ...set: readonly string[]) {
  const site = { kubeconfig: cluster.kubeconfig, namespace, workspace: { root: '/workspace', claim } };
  const file = JSON.stringify({ sites: { test: site } });
  const settings = loadSettings({ env: {}, file, dev: null, directory: '/nowhere' });
  return siteDryRun(settings, specOf(exampleDocument('digits/trainyard.yaml'), ...set));
}

it('a dry run on the server is answered for each object, and leaves nothing', async () => {
  const { objects, error } = await ask('shared', 'backend.kind=kubernetes-job');
  expect(error).toBeNull();
  expect(objects.map(({ kind, answer }) => `${kind} ${answer}`)).toEqual(
    expect.arrayContaining(['PersistentVolumeClaim exists', 'Service accepted', 'Job accepted']),
  );
  const jobs = await cluster.rest.send('GET', `/apis/batch/v1/namespaces/${namespace}/jobs`);
  expect(JSON.stringify(jobs)).toContain('"items":[]');
});

const ODD = 'compute.affinity={ nodeAffinity: { wishes: [] } }';

it('a dry run on the server finds what nobody else can know: a claim that is not there, a field that no API has', async () => {
  const lost = await ask('other', 'backend.kind=kubernetes-job');
  expect(lost.error).toMatchObject({ code: 'TY_SITE_CLAIM' });
  expect(lost.objects.at(-1)).toMatchObject({ kind: 'Job', answer: 'accepted' });
  const odd = await ask('shared', 'backend.kind=kubernetes-job', ODD);
  expect(odd.error).toMatchObject({ code: 'TY_JOB_REFUSED', why: expect.stringContaining('unknown field') });
});
