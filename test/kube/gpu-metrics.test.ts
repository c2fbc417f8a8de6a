import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubeApi } from '../../adapters/kubernetes/api.ts';
import { applyAccess } from '../../adapters/kubernetes/rbac/apply.ts';
import { accessObjects } from '../../adapters/kubernetes/rbac/objects.ts';
import { readRunUsage } from '../../adapters/local/run-usage.ts';
import { addClaim } from '../cluster-support/claims.ts';
import type { Cluster } from '../cluster-support/cluster.ts';
import { eventually } from '../cluster-support/eventually.ts';
import { freePorts } from '../cluster-support/free-ports.ts';
import { podsOf } from '../cluster-support/jobs.ts';
import { openLeastSite, WORKER_ACCOUNT } from '../cluster-support/least-privilege.ts';
import type { LeastSite } from '../cluster-support/least-privilege.ts';
import { ON_LOCAL_NODE } from '../cluster-support/local-node.ts';
import { REACHABLE } from '../cluster-support/localnode/address.ts';
import { addNamespace, removeNamespace } from '../cluster-support/namespaces.ts';
import { apply } from '../cluster-support/objects.ts';
import { CLUSTER_START_MS, sharedCluster } from '../cluster-support/shared.ts';
import { running } from '../contract/jobs.contract.ts';
import { dcgmText } from '../support/gpu-texts.ts';

let cluster: Cluster;
let exporters = '';
let figures = '';
let site: LeastSite;

beforeAll(async () => {
  cluster = await sharedCluster();
  exporters = await addNamespace(cluster.rest, 'exporters');
  figures = mkdtempSync(join(tmpdir(), 'trainyard-figures-'));
  chmodSync(figures, 0o755);
  writeFileSync(join(figures, 'metrics'), '');
  await addExporter();
  site = await openLeastSite(cluster, 'kubernetes-job', false);
}, CLUSTER_START_MS);

afterAll(async () => {
  await site.close();
  await removeNamespace(cluster.rest, exporters);
  await cluster.stop();
  rmSync(figures, { recursive: true, force: true });
});

/** A stand-in for a DCGM exporter: a process behind a Service that tells what is in a file. No GPU is here to ask. */
async function addExporter(): Promise<void> {
  const [port = 0] = await freePorts(1);
  const serve = `require('http')
    .createServer((request, response) => {
      if (request.url !== '/metrics') return response.writeHead(404).end();
      response.end(require('fs').readFileSync('/figures/metrics'));
    })
    .listen(Number(process.env.PORT), process.env.POD_IP)`;
  await addClaim(cluster.rest, { namespace: exporters, name: 'figures', folder: figures });
  const labels = { app: 'dcgm-exporter' };
  const env = [
    { name: 'PORT', value: String(port) },
    { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
  ];
  const container = {
    name: 'exporter',
    image: 'registry.test/exporter:1',
    command: [process.execPath, '-e', serve],
    env,
    ports: [{ name: 'metrics', containerPort: port }],
    volumeMounts: [{ name: 'figures', mountPath: '/figures' }],
  };
  const volumes = [{ name: 'figures', persistentVolumeClaim: { claimName: 'figures' } }];
  const metadata = { name: 'dcgm-exporter', namespace: exporters, labels };
  await apply(cluster.rest, [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: labels, ports: [{ name: 'metrics', port: 80, targetPort: 'metrics' }] },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, annotations: { [REACHABLE]: 'true' } },
      spec: { ...ON_LOCAL_NODE, containers: [container], volumes },
    },
  ]);
}

async function grant(): Promise<void> {
  const api = await createKubeApi({ kubeconfig: cluster.kubeconfig, context: null });
  const { namespace } = site;
  const wish = { namespace, serviceAccount: WORKER_ACCOUNT, clusterRole: false, exec: false } as const;
  await applyAccess(api, accessObjects({ ...wish, backends: ['kubernetes-job'], gpuMetrics: [exporters] }));
  api.close();
}

describe('what ranks use of GPUs', () => {
  it('is read from the exporter beside them with the rights for it, and kept with the run', async () => {
    await grant();
    const notes: string[] = [];
    const jobs = site.admin.another({
      api: site.api,
      note: (text) => void notes.push(text),
      gpus: [
        { namespace: exporters, name: 'dcgm-exporter', port: null },
        { namespace: exporters, name: 'not-there', port: null },
        { namespace: 'default', name: 'not-allowed', port: null },
      ],
    });
    const watch = await jobs.watch(() => undefined);
    try {
      const forever = 'trap "exit 0" TERM; while :; do sleep 0.1; done';
      const request = site.admin.request({ argv: ['sh', '-c', forever], graceSeconds: 1 });
      await jobs.submit(request);
      await running(jobs, request.name, 90);
      const [pod] = await podsOf(cluster.rest, site.namespace, `trainyard.dev/job=${request.name}`);
      writeFileSync(join(figures, 'metrics'), dcgmText(pod?.metadata.name ?? '', site.namespace));
      const run = dirname(request.directories.output);
      const usage = await eventually('the use of GPUs is kept', 90, async () => {
        const [rank] = await readRunUsage(run);
        return rank?.gpu === undefined ? null : rank;
      });
      expect(usage).toMatchObject({ rank: 0, gpu: { devices: 2, utilization: 0.75, memoryBytes: 3 * 2 ** 30 } });
      expect(notes.filter((note) => note.includes('GPU'))).toEqual([
        `no GPU use from ${exporters}/not-there: no exporter of this Service is ready`,
        expect.stringMatching(/no GPU use from default\/not-allowed: .*rbac --gpu-metrics default/s),
      ]);
      await jobs.cancel(request.name, 1);
    } finally {
      await watch.stop();
    }
  });
});
