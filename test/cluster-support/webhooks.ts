import { readFileSync } from 'node:fs';
import type { KubeObject } from './objects.ts';

interface Webhook {
  readonly clientConfig: { readonly service?: { readonly path?: string } };
  readonly [field: string]: unknown;
}

/**
 * Webhook configurations whose program runs on this machine instead of behind a Service: the same rules, reached on
 * loopback with the cluster's own certificate authority.
 */
export function onLoopback(
  objects: readonly KubeObject[],
  where: { readonly prefix: string; readonly server: string; readonly caFile: string },
): readonly KubeObject[] {
  const caBundle = readFileSync(where.caFile).toString('base64');
  return objects
    .filter(({ kind }) => kind.endsWith('WebhookConfiguration'))
    .map((object) => ({
      apiVersion: object.apiVersion,
      kind: object.kind,
      metadata: {
        name: `${where.prefix}-${object.kind.startsWith('Mutating') ? 'mutating' : 'validating'}-webhook-configuration`,
      },
      webhooks: (object['webhooks'] as readonly Webhook[]).map((webhook) => ({
        ...webhook,
        clientConfig: { url: `${where.server}${webhook.clientConfig.service?.path ?? '/'}`, caBundle },
      })),
    }));
}
