import { expect } from 'vitest';
import { errorEntry } from '../../domain/errors.ts';
import { eventually } from './eventually.ts';
import { addDenying, addUnreachable, removeWebhook } from './failing-webhooks.ts';
import { JOB_PATHS } from './failure-case.ts';
import type { FailureCase } from './failure-case.ts';

/** What the doors of a cluster do to jobs. */
export const FAILURES_OF_ADMISSION = {
  'webhook-down': [
    'tries again what an admission webhook that is down keeps out',
    async ({ cluster, kind, site, request }) => {
      await addUnreachable(cluster, site.namespace, JOB_PATHS[kind]);
      const job = request({ argv: ['true'] });
      try {
        const refused: unknown = await site.jobs.submit(job).catch((error: unknown) => error);
        expect(refused).toMatchObject({ code: 'TY_CLUSTER_UNAVAILABLE' });
        expect(String(refused)).toMatch(/webhook of the cluster is down/);
        expect(errorEntry('TY_CLUSTER_UNAVAILABLE').fate).toBe('retry');
      } finally {
        await removeWebhook(cluster, site.namespace);
      }
      await eventually('it is let in', 20, async () => {
        await site.start(job);
        return true;
      });
      expect(await site.end(job)).toMatchObject({ phase: 'succeeded' });
    },
  ],
  'webhook-denies': [
    'repeats the words of an admission webhook that denies the job, and leaves nothing behind',
    async ({ cluster, kind, site, request }) => {
      const webhook = await addDenying(cluster, site.namespace, JOB_PATHS[kind], 'no jobs on Sundays');
      try {
        const job = request({ role: { replicas: 2 } });
        const refused: unknown = await site.jobs.submit(job).catch((error: unknown) => error);
        expect(refused).toMatchObject({
          code: 'TY_JOB_REFUSED',
          details: { why: expect.stringContaining('no jobs on Sundays') },
        });
        expect(errorEntry('TY_JOB_REFUSED').fate).toBe('never');
        const services = `/api/v1/namespaces/${site.namespace}/services`;
        await eventually('the Service that was made first is gone', 20, async () => {
          return (await cluster.rest.want<{ items: unknown[] }>('GET', services)).items.length === 0;
        });
        expect(await site.jobs.active()).toEqual([]);
      } finally {
        await webhook.close();
      }
    },
  ],
} as const satisfies Readonly<Record<string, FailureCase>>;
