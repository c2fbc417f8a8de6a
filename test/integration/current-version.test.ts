import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimCurrentVersion, type Deployment } from '../../worker/current-version.ts';
import { type TemporalEnv, startTemporal } from '../support/temporal-env.ts';

let temporal: TemporalEnv;

beforeAll(async () => {
  temporal = await startTemporal();
});

afterAll(async () => {
  await temporal?.stop();
});

/** The levels and lines that a worker of this version logs while it claims to be current. */
async function claim(deployment: Deployment): Promise<readonly string[]> {
  const connection = temporal.native;
  const worker = await Worker.create({
    connection,
    taskQueue: 'versions',
    activities: { nothing: () => Promise.resolve() },
    workerDeploymentOptions: {
      version: { deploymentName: deployment.name, buildId: deployment.buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    },
  });
  const lines: string[] = [];
  const say = (level: string) => (fields: unknown, line?: string) =>
    void lines.push(`${level} ${line} ${JSON.stringify(fields)}`);
  const logger = { info: say('info'), warn: say('warn') };
  const { signal } = new AbortController();
  await worker.runUntil(claimCurrentVersion({ connection, namespace: 'default', deployment, logger, signal }));
  return lines;
}

/** The current build id, as the server tells it. */
async function currentOf(deploymentName: string): Promise<string | null | undefined> {
  const found = await temporal.native.workflowService.describeWorkerDeployment({
    namespace: 'default',
    deploymentName,
  });
  return found.workerDeploymentInfo?.routingConfig?.currentDeploymentVersion?.buildId;
}

describe('a worker that is a version of a deployment', () => {
  it('is made current when nobody has decided, and leaves every later version to the deploy step', async () => {
    expect(await claim({ name: 'yard', buildId: '1.0.0' })).toEqual([
      expect.stringMatching(/^info this version is the current one/),
    ]);
    expect(await currentOf('yard')).toBe('1.0.0');
    expect(await claim({ name: 'yard', buildId: '1.1.0' })).toEqual([
      expect.stringMatching(/^warn another version is current.*set-current-version.*--build-id 1\.1\.0/),
    ]);
    expect(await currentOf('yard')).toBe('1.0.0');
    expect(await claim({ name: 'yard', buildId: '1.0.0' })).toEqual([expect.stringMatching(/^info /)]);
  });

  it('does not undo a decision for workers without a version', async () => {
    const { workflowService } = temporal.native;
    await claim({ name: 'back', buildId: '1' });
    await workflowService.setWorkerDeploymentCurrentVersion({
      namespace: 'default',
      deploymentName: 'back',
      buildId: '',
    });
    expect(await claim({ name: 'back', buildId: '1' })).toEqual([expect.stringContaining('"current":"unversioned"')]);
    expect((await currentOf('back')) ?? null).toBeNull();
  });
});
