import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { causeOf, failureOf, verdictOf } from '../support/fake-activities.ts';
import { startTemporal } from '../support/temporal-env.ts';
import { type RunHandle, type Scenario, viewUntil, withRun } from '../workflow/harness.ts';

/*
 * Records one history for each way a run can go: `node test/replay/record.ts`. Run it when a released version's
 * behaviour is to be kept; existing files are never rewritten.
 */

interface Recording {
  readonly scenario: Scenario;
  readonly drive?: (handle: RunHandle) => Promise<void>;
}

const RECORDINGS: Readonly<Record<string, Recording>> = {
  'whole-run': { scenario: {} },
  'train-only': { scenario: { summary: { stages: ['resolve', 'fetch', 'train'], output: null } } },
  'job-lost-once': {
    scenario: {
      activities: {
        awaitJob: async (job) => {
          if (job.attempt > 1 || job.purpose === 'package') return verdictOf(job);
          const cause = causeOf({ kind: 'lost', code: 'TY_JOB_LOST', budget: 'infrastructure' });
          return verdictOf(job, { phase: 'failed', cause });
        },
      },
    },
  },
  'rank-failed': {
    scenario: { activities: { awaitJob: async (job) => verdictOf(job, { phase: 'failed', cause: causeOf() }) } },
  },
  'refused-by-resolve': {
    scenario: {
      activities: {
        resolve: async () => {
          throw failureOf('TY_OUTPUT_BRANCH_TAKEN');
        },
      },
    },
  },
  'parked-and-skipped': {
    scenario: {
      activities: {
        push: async () => {
          throw failureOf('TY_PUSH_PROTECTED');
        },
        probe: async () => {
          throw failureOf('TY_GIT_UNREACHABLE');
        },
      },
    },
    drive: async (handle) => {
      await viewUntil(handle, (view) => view.status === 'parked');
      await handle.executeUpdate('repair', { args: [{ action: 'skip' }] });
    },
  },
  'cancelled-in-fetch': {
    scenario: { activities: { fetch: () => new Promise((resolve) => setTimeout(resolve, 3000)) } },
    drive: async (handle) => {
      await viewUntil(handle, (view) => view.stage === 'fetch');
      await handle.cancel();
    },
  },
};

/** Takes out what names the machine that recorded it. */
function anonymous(key: string, value: unknown): unknown {
  if (key === 'identity') return 'worker';
  if (key === 'stackTrace') return '';
  return typeof value === 'string' ? value.replace(/^\d+@[^-]+/, 'worker') : value;
}

const folder = join(import.meta.dirname, 'histories');
mkdirSync(folder, { recursive: true });
const env = await startTemporal();
try {
  for (const [name, { scenario, drive }] of Object.entries(RECORDINGS)) {
    await withRun(env, scenario, async (handle) => {
      await drive?.(handle);
      await handle.result().catch(() => null);
      const history: unknown = JSON.parse(historyToJSON(await handle.fetchHistory()), anonymous);
      const text = `${JSON.stringify(history, null, 1)}\n`;
      writeFileSync(join(folder, `${name}.json`), text, { flag: 'wx' });
    });
  }
} finally {
  await env.stop();
}
