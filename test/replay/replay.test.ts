import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { workflowBundle } from '../../worker/bundle.ts';
import { createLogger } from '../../worker/logger.ts';
import { testCache } from '../support/temporal-env.ts';

const HISTORIES = join(import.meta.dirname, 'histories');
const names = readdirSync(HISTORIES);

let codePath = '';
beforeAll(async () => {
  codePath = await workflowBundle(testCache(), createLogger({ level: 'error', file: null }));
});

function read(name: string): {
  events: { activityTaskScheduledEventAttributes?: { activityType: { name: string } } }[];
} {
  return JSON.parse(readFileSync(join(HISTORIES, name), 'utf8'));
}

describe('a recorded history', () => {
  it('exists for each way a run can go', () => {
    expect(names.length).toBeGreaterThanOrEqual(7);
  });

  it.each(names)('%s replays on this code', async (name) => {
    await Worker.runReplayHistory({ workflowBundle: { codePath } }, read(name), 'run-recorded');
  });

  it('is refused when it holds another activity than this code would start', async () => {
    const history = read('whole-run.json');
    const scheduled = history.events
      .map((event) => event.activityTaskScheduledEventAttributes)
      .filter((one) => one !== undefined);
    const submit = scheduled.find((one) => one.activityType.name === 'submitJob');
    if (submit === undefined) throw new Error('the history has no submitJob');
    submit.activityType.name = 'launchJob';
    const replay = Worker.runReplayHistory({ workflowBundle: { codePath } }, history, 'run-recorded');
    await expect(replay).rejects.toBeInstanceOf(DeterminismViolationError);
  });
});
