import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OwnCluster } from './cluster.ts';
import { ready } from './control-plane.ts';
import { eventually } from './eventually.ts';
import { flags } from './flags.ts';
import { freePorts } from './free-ports.ts';
import { apply, applyDefinitions, readManifests } from './objects.ts';
import type { KubeObject } from './objects.ts';
import { answers, listens } from './operators.ts';
import { programsOf } from './programs.ts';

const SCHEDULER = `actions: "enqueue, allocate, preempt, reclaim, backfill"
tiers:
- plugins: [{name: priority}, {name: gang}, {name: conformance}]
- plugins: [{name: overcommit}, {name: drf}, {name: predicates}, {name: proportion}, {name: nodeorder}, {name: binpack}]
`;

/** What Volcano's admission is asked about. The paths are its own, and it takes them for granted when it starts. */
const ADMISSION = [
  { path: 'jobs/mutate', group: 'batch.volcano.sh', version: 'v1alpha1', operations: ['CREATE'] },
  { path: 'jobs/validate', group: 'batch.volcano.sh', version: 'v1alpha1', operations: ['CREATE', 'UPDATE'] },
  { path: 'queues/mutate', group: 'scheduling.volcano.sh', version: 'v1beta1', operations: ['CREATE'] },
  {
    path: 'queues/validate',
    group: 'scheduling.volcano.sh',
    version: 'v1beta1',
    operations: ['CREATE', 'UPDATE', 'DELETE'],
  },
  { path: 'podgroups/mutate', group: 'scheduling.volcano.sh', version: 'v1beta1', operations: ['CREATE'] },
] as const;

function webhook(
  { path, group, version, operations }: (typeof ADMISSION)[number],
  server: string,
  caBundle: string,
): KubeObject {
  const [resource = '', verb = ''] = path.split('/');
  const others = { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['kube-system', 'volcano-system'] };
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: verb === 'mutate' ? 'MutatingWebhookConfiguration' : 'ValidatingWebhookConfiguration',
    metadata: { name: `volcano-admission-service-${resource}-${verb}` },
    webhooks: [
      {
        name: `${verb}${resource}.volcano.sh`,
        admissionReviewVersions: ['v1'],
        sideEffects: 'NoneOnDryRun',
        failurePolicy: 'Fail',
        timeoutSeconds: 10,
        clientConfig: { url: `${server}/${path}`, caBundle },
        namespaceSelector: { matchExpressions: [others] },
        rules: [{ apiGroups: [group], apiVersions: [version], operations, resources: [resource] }],
      },
    ],
  };
}

/** Adds Volcano's real admission, controllers and scheduler. Pods of its jobs name the scheduler `volcano`. */
export async function addVolcano(cluster: OwnCluster): Promise<void> {
  const { rest, stateDir, children } = cluster;
  const programs = programsOf('volcano');
  await applyDefinitions(
    rest,
    ['volcano', 'jobflow'].flatMap((name) => readManifests(join(programs, 'crds', name))),
  );
  await apply(rest, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'volcano-system' } }]);
  await addAdmission(cluster, programs);

  const [controllers = 0, metrics = 0, health = 0, schedulerMetrics = 0] = await freePorts(4);
  const common = { kubeconfig: cluster.kubeconfig, 'leader-elect': 'false', 'enable-healthz': 'true' };
  const qps = { 'kube-api-qps': 200, 'kube-api-burst': 400 };
  const controllerFlags = flags({
    ...common,
    ...qps,
    'healthz-address': `127.0.0.1:${controllers}`,
    'listen-address': `127.0.0.1:${metrics}`,
  });
  children.start('vc-controller-manager', join(programs, 'vc-controller-manager'), controllerFlags);
  const configuration = join(stateDir, 'vc-scheduler.yaml');
  writeFileSync(configuration, SCHEDULER);
  const schedulerFlags = flags({
    ...common,
    ...qps,
    'scheduler-conf': configuration,
    'healthz-address': `127.0.0.1:${health}`,
    'listen-address': `127.0.0.1:${schedulerMetrics}`,
    'cache-dumper': 'false',
  });
  children.start('vc-scheduler', join(programs, 'vc-scheduler'), schedulerFlags, { watchesFiles: true });
  await ready(children, 'vc-scheduler', () => answers(`http://127.0.0.1:${health}/healthz`));
  await eventually('the queue default is open', 60, async () => {
    const path = '/apis/scheduling.volcano.sh/v1beta1/queues/default';
    return (await rest.want<{ status?: { state?: string } }>('GET', path)).status?.state === 'Open';
  });
}

async function addAdmission(cluster: OwnCluster, programs: string): Promise<void> {
  const { rest, authority, children } = cluster;
  const [port = 0, health = 0] = await freePorts(2);
  const server = `https://127.0.0.1:${port}`;
  const identity = authority.issue(
    'vc-webhook-manager',
    'volcano-admission',
    'trainyard-tests',
    'IP:127.0.0.1,DNS:localhost',
  );
  const webhookFlags = flags({
    kubeconfig: cluster.kubeconfig,
    'listen-address': '127.0.0.1',
    port,
    'tls-cert-file': identity.cert,
    'tls-private-key-file': identity.key,
    'ca-cert-file': cluster.caFile,
    'webhook-url': server,
    'webhook-namespace': 'volcano-system',
    'enabled-admission': ADMISSION.map(({ path }) => `/${path}`).join(','),
    'enable-healthz': 'true',
    'healthz-address': `127.0.0.1:${health}`,
  });
  children.start('vc-webhook-manager', join(programs, 'vc-webhook-manager'), webhookFlags);
  const caBundle = readFileSync(cluster.caFile).toString('base64');
  await apply(
    rest,
    ADMISSION.map((one) => webhook(one, server, caBundle)),
  );
  await ready(children, 'vc-webhook-manager', () => listens(port));
}
