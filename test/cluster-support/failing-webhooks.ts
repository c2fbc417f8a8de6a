import { createServer } from 'node:https';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Authority } from './certificates.ts';
import type { Cluster } from './cluster.ts';
import { freePorts } from './free-ports.ts';
import { apply } from './objects.ts';

interface Kind {
  /** `batch/v1`. */
  readonly group: string;
  readonly resource: string;
}

const path = (namespace: string): string =>
  `/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/${namespace}`;

async function addWebhook(
  cluster: Cluster,
  namespace: string,
  { group, resource }: Kind,
  clientConfig: { readonly url: string; readonly caBundle?: string },
): Promise<void> {
  const [apiGroup = '', version = ''] = group.split('/');
  const webhook = {
    name: 'gate.trainyard.test',
    clientConfig,
    rules: [{ apiGroups: [apiGroup], apiVersions: [version], resources: [resource], operations: ['CREATE'] }],
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
    failurePolicy: 'Fail',
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    timeoutSeconds: 2,
  };
  const configuration = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration' };
  await apply(cluster.rest, [{ ...configuration, metadata: { name: namespace }, webhooks: [webhook] }]);
  // The API server reads its webhooks from a copy of its own.
  await new Promise((resolve) => setTimeout(resolve, 1500));
}

/** A webhook that is asked about every job of a namespace, and where nobody listens. */
export async function addUnreachable(cluster: Cluster, namespace: string, kind: Kind): Promise<void> {
  const [port = 0] = await freePorts(1);
  await addWebhook(cluster, namespace, kind, { url: `https://127.0.0.1:${port}/` });
}

export async function removeWebhook(cluster: Cluster, namespace: string): Promise<void> {
  await cluster.rest.want('DELETE', path(namespace));
}

/** A webhook that denies every job of a namespace with these words. */
export async function addDenying(
  cluster: Cluster,
  namespace: string,
  kind: Kind,
  words: string,
): Promise<{ close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-webhook-'));
  const authority = new Authority(folder);
  const { cert, key } = authority.issue('gate', 'gate', 'trainyard-tests', 'IP:127.0.0.1');
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, response) => {
    void text(request).then((body) => {
      const { request: asked } = JSON.parse(body) as { readonly request: { readonly uid: string } };
      const answer = { uid: asked.uid, allowed: false, status: { message: words } };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer }));
    });
  });
  const [port = 0] = await freePorts(1);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const caBundle = readFileSync(authority.ca.cert).toString('base64');
  await addWebhook(cluster, namespace, kind, { url: `https://127.0.0.1:${port}/`, caBundle });
  return {
    async close() {
      await removeWebhook(cluster, namespace);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
