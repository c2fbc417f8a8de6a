import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newIdentity, signStatement } from '../../client/sdk/identity.ts';
import type { GateOffer, GatePlan } from '../../domain/gates/gate.ts';
import { GATE_UPDATE, SEARCH_ATTRIBUTES } from '../../domain/messages.ts';
import { workflowBundle } from '../../worker/bundle.ts';
import { createLogger } from '../../worker/logger.ts';
import type { trainingRun } from '../../workflows/training-run.ts';
import { freePorts } from '../cluster-support/free-ports.ts';
import { fakeActivities, summaryOf } from '../support/fake-activities.ts';
import { testCache } from '../support/temporal-env.ts';
import { until } from '../support/until.ts';

/** Temporal's server that skips time: a timer fires as soon as nothing else is left to do. */
const SERVER = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'trainyard',
  'time-skipping-1.38.0',
  'start',
);
const DAY = 86_400_000;
/** `INDEXED_VALUE_TYPE_KEYWORD` of Temporal's API. */
const KEYWORD = 2;

/** The library itself gives Java five seconds to start, which is short on a busy machine: here the server is started apart. */
const existing = TestWorkflowEnvironment as unknown as {
  create(options: {
    readonly supportsTimeSkipping: true;
    readonly server: { readonly type: 'existing' };
    readonly address: string;
  }): Promise<TestWorkflowEnvironment>;
};

let env: TestWorkflowEnvironment;
let server: ChildProcess;
beforeAll(async () => {
  const [port = 0] = await freePorts(1);
  server = spawn(SERVER, [String(port)], { stdio: 'ignore' });
  await until(() => isOpen(port));
  const address = `127.0.0.1:${port}`;
  env = await existing.create({ supportsTimeSkipping: true, server: { type: 'existing' }, address });
  // This server cannot list them, as the worker would.
  const searchAttributes = Object.fromEntries(Object.values(SEARCH_ATTRIBUTES).map((name) => [name, KEYWORD]));
  await env.connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes });
});
afterAll(async () => {
  await env.teardown();
  server.kill('SIGKILL');
});

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const [event] = await Promise.race([
    once(socket, 'connect').then(() => [true]),
    once(socket, 'error').then(() => [false]),
  ]);
  socket.destroy();
  return event === true;
}

const alice = newIdentity('alice');
const offer: GateOffer = {
  evidence: { stage: 'push', commits: {}, params: {}, metrics: null, artifact: null, baseline: null },
  digest: 'd'.repeat(64),
  check: null,
};
const gate: GatePlan = {
  stage: 'push',
  metric: null,
  otherwise: 'ask',
  baseline: null,
  approvers: [{ actor: 'alice', keys: [alice.publicKey] }],
  quorum: 1,
  notRequester: false,
  deadlineSeconds: (3 * DAY) / 1000,
  onDeadline: 'reject',
  remindSeconds: null,
  unsigned: false,
};
const approval = signStatement(alice, {
  run: 'run-digits-abc',
  gate: 'push',
  digest: offer.digest,
  actor: 'alice',
  decision: 'approve',
  comment: null,
});

describe('a gate while no worker is up for two days', () => {
  it('is still open then, and takes the signal that was sent meanwhile', async () => {
    const taskQueue = 'absent';
    const limits = { totalSeconds: null, parkedSeconds: 60, keepFailedSeconds: 0 };
    const summary = summaryOf(taskQueue, { gates: [gate], limits });
    const { calls, activities } = fakeActivities(summary, { offerGate: async () => offer });
    const codePath = await workflowBundle(testCache(), createLogger({ level: 'error', file: null }));
    const withWorker = async <T>(during: () => Promise<T>): Promise<T> => {
      const made = await Worker.create({
        connection: env.nativeConnection,
        taskQueue,
        workflowBundle: { codePath },
        // A cache would have tasks wait for the worker that is gone.
        maxCachedWorkflows: 0,
        activities: { ...activities },
      });
      return await made.runUntil(during);
    };
    const handle = await env.client.workflow.start<typeof trainingRun>('trainingRun', {
      taskQueue,
      workflowId: 'run-absent',
      args: [{ name: 'digits' }],
    });
    await withWorker(() =>
      until(async () => (await handle.query<Awaited<ReturnType<typeof trainingRun>>>('view')).status === 'waiting'),
    );
    await env.sleep(DAY);
    await handle.signal(GATE_UPDATE, approval);
    await env.sleep(DAY);
    expect(calls).not.toContain('push');
    const view = await withWorker(() => handle.result());
    expect(view.gates?.[0]).toMatchObject({ state: 'approved', by: 'people' });
    expect(calls.filter((name) => name === 'push')).toHaveLength(1);
    const waited = Date.parse(view.finishedAt ?? '') - Date.parse(view.createdAt);
    expect(waited).toBeGreaterThan(2 * DAY);
  });
});
