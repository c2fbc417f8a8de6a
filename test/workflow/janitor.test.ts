import { randomUUID } from 'node:crypto';
import { Worker } from '@temporalio/worker';
import { ScheduleOverlapPolicy } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connect } from '../../client/index.ts';
import { JANITOR_SECONDS, janitorIds } from '../../domain/janitor.ts';
import type { JanitorActivities, Swept } from '../../domain/janitor.ts';
import { workflowBundle } from '../../worker/bundle.ts';
import { ensureJanitor } from '../../worker/keep-janitor.ts';
import { createLogger } from '../../worker/logger.ts';
import { startTemporal, type TemporalEnv, testCache } from '../support/temporal-env.ts';

const NOTHING: Swept = { orphans: [], removed: [], runs: [], outputs: [], troubles: [] };
const SLOW = { timeout: 30_000, interval: 100 };
const logger = createLogger({ level: 'error', file: null });

let env: TemporalEnv;
beforeAll(async () => {
  env = await startTemporal();
});
afterAll(() => env.stop());

interface Site {
  readonly siteQueue: string;
  readonly swept: () => number;
  ensure(): Promise<void>;
  schedule(): ReturnType<TemporalEnv['client']['schedule']['getHandle']>;
  /** Workflows of this janitor that have ended well. */
  done(): Promise<number>;
}

/** A worker for workflows, and one beside a site that has nothing but the janitor's step. */
async function withSite(sweepSite: () => Promise<Swept>, check: (site: Site) => Promise<void>): Promise<void> {
  const workflowQueue = `test-${randomUUID()}`;
  const siteQueue = `site-${randomUUID()}`;
  let swept = 0;
  const activities: JanitorActivities = {
    sweepSite: () => {
      swept += 1;
      return sweepSite();
    },
  };
  const codePath = await workflowBundle(testCache(), logger);
  const common = { connection: env.native, shutdownGraceTime: '1s' } as const;
  const workers = await Promise.all([
    Worker.create({ ...common, taskQueue: workflowQueue, workflowBundle: { codePath } }),
    Worker.create({ ...common, taskQueue: siteQueue, activities: { ...activities } }),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  const { client } = env;
  const schedule = () => client.schedule.getHandle(janitorIds(siteQueue).schedule);
  try {
    await check({
      siteQueue,
      swept: () => swept,
      ensure: () => ensureJanitor({ client, workflowQueue, siteQueue, logger }),
      schedule,
      done: async () => {
        const query = `WorkflowType = "janitor" AND TaskQueue = "${workflowQueue}" AND ExecutionStatus = "Completed"`;
        return (await client.workflow.count(query)).count;
      },
    });
  } finally {
    await schedule()
      .delete()
      .catch(() => undefined);
    for (const worker of workers) worker.shutdown();
    await running;
  }
}

describe('the janitor of a site', () => {
  it('sweeps beside the site as soon as there is a worker, and then by its schedule', async () => {
    await withSite(
      async () => NOTHING,
      async (site) => {
        await site.ensure();
        await vi.waitFor(() => expect(site.swept()).toBe(1), SLOW);
        await vi.waitFor(async () => expect(await site.done()).toBe(1), SLOW);
        const { spec, policies, action } = await site.schedule().describe();
        expect(spec.intervals?.map(({ every }) => every)).toEqual([JANITOR_SECONDS * 1000]);
        expect(policies).toMatchObject({ overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: 60_000 });
        expect(action.args).toEqual([{ siteQueue: site.siteQueue }]);
      },
    );
  });

  it('has one schedule however many workers start, and each start sweeps', async () => {
    await withSite(
      async () => NOTHING,
      async (site) => {
        await Promise.all([site.ensure(), site.ensure()]);
        await vi.waitFor(async () => expect(await site.done()).toBeGreaterThanOrEqual(1), SLOW);
        const before = site.swept();
        await site.ensure();
        await vi.waitFor(() => expect(site.swept()).toBeGreaterThan(before), SLOW);
        expect((await site.schedule().describe()).spec.intervals).toHaveLength(1);
      },
    );
  });

  it('stays paused when an operator has paused it', async () => {
    await withSite(
      async () => NOTHING,
      async (site) => {
        await site.ensure();
        await vi.waitFor(async () => expect(await site.done()).toBe(1), SLOW);
        await site.schedule().pause('maintenance');
        await site.ensure();
        expect((await site.schedule().describe()).state).toMatchObject({ paused: true, note: 'maintenance' });
        await new Promise((resolve) => setTimeout(resolve, 1000));
        expect(site.swept()).toBe(1);
      },
    );
  });

  it('tries again after a sweep that failed, and runs once at a time', async () => {
    let failures = 1;
    await withSite(
      async () => {
        failures -= 1;
        if (failures >= 0) throw new Error('the cluster is away');
        return NOTHING;
      },
      async (site) => {
        await site.ensure();
        await vi.waitFor(() => expect(site.swept()).toBe(1), SLOW);
        await site.ensure();
        await vi.waitFor(async () => expect(await site.done()).toBe(1), SLOW);
        expect(site.swept()).toBe(2);
        expect((await site.schedule().describe()).info.recentActions).toHaveLength(1);
      },
    );
  });

  it('is no run: lists of runs do not show it', async () => {
    await withSite(
      async () => NOTHING,
      async (site) => {
        await site.ensure();
        await vi.waitFor(async () => expect(await site.done()).toBe(1), SLOW);
        const sdk = await connect({ address: env.address, directory: env.directory });
        const runs = await sdk.list({ limit: 100 });
        await sdk.close();
        expect(runs).toEqual([]);
      },
    );
  });
});
