import { readFileSync, writeFileSync } from 'node:fs';
import type { Identity } from './certificates.ts';

/** Who a kubeconfig speaks for. */
export type Credential = Identity | { readonly token: string };

/** Writes a kubeconfig with one context, `test`. JSON is YAML. */
export function writeKubeconfig(
  file: string,
  cluster: { readonly server: string; readonly caFile: string },
  credential: Credential,
  namespace?: string,
): string {
  const encoded = (path: string) => readFileSync(path).toString('base64');
  const user =
    'token' in credential
      ? { token: credential.token }
      : { 'client-certificate-data': encoded(credential.cert), 'client-key-data': encoded(credential.key) };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'test', cluster: { server: cluster.server, 'certificate-authority-data': encoded(cluster.caFile) } },
    ],
    users: [{ name: 'test', user }],
    contexts: [
      { name: 'test', context: { cluster: 'test', user: 'test', ...(namespace === undefined ? {} : { namespace }) } },
    ],
    'current-context': 'test',
  };
  writeFileSync(file, JSON.stringify(config, null, 1), { mode: 0o600 });
  return file;
}
