import { isGrpcServiceError } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from './logger.ts';

export interface Deployment {
  readonly name: string;
  readonly buildId: string;
}

export interface ClaimOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly deployment: Deployment;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Aborting ends the waiting. */
  readonly signal: AbortSignal;
  /** Milliseconds between two looks; 500 by default. */
  readonly intervalMs?: number;
}

const LOOKS = 60;
const NOT_FOUND = 5;

/**
 * Makes a worker's version the deployment's current one if nobody has ever decided which is: until somebody does, no
 * run reaches a versioned worker. Every later version waits for the deploy step; the log then names the command. A
 * worker that polls goes on whatever comes of it.
 */
export async function claimCurrentVersion(options: ClaimOptions): Promise<void> {
  const { deployment, logger, signal, intervalMs = 500 } = options;
  const command = setCurrentCommand(deployment, options.namespace);
  try {
    // The server learns of a version from its first poll.
    for (let look = 0; look < LOOKS && !signal.aborted; look += 1) {
      const current = await lookOnce(options);
      if (current === deployment.buildId) return logger.info({ ...deployment }, 'this version is the current one');
      if (current !== null) {
        return logger.warn(
          { ...deployment, current, command },
          'another version is current: this one gets no new runs',
        );
      }
      await delay(intervalMs, undefined, { signal });
    }
    if (!signal.aborted) logger.warn({ ...deployment, command }, 'the server does not know this version yet');
  } catch (error) {
    if (!signal.aborted)
      logger.warn({ ...deployment, error, command }, 'this version could not be made the current one');
  }
}

/** What an operator gives to send new runs to a version. */
export function setCurrentCommand({ name, buildId }: Deployment, namespace: string): string {
  return (
    `temporal worker deployment set-current-version --namespace ${namespace}` +
    ` --deployment-name ${name} --build-id ${buildId} --yes`
  );
}

/** The current build id, `unversioned` where that was decided; `null` while the server does not know this version. */
async function lookOnce({ connection, namespace, deployment }: ClaimOptions): Promise<string | null> {
  const { name: deploymentName, buildId } = deployment;
  const service = connection.workflowService;
  const found = await service.describeWorkerDeployment({ namespace, deploymentName }).catch((error: unknown) => {
    if (isGrpcServiceError(error) && error.code === NOT_FOUND) return null;
    throw error;
  });
  const info = found?.workerDeploymentInfo ?? null;
  if (info?.versionSummaries?.some(({ deploymentVersion }) => deploymentVersion?.buildId === buildId) !== true)
    return null;
  const { currentDeploymentVersion: current, currentVersionChangedTime: decidedAt } = info.routingConfig ?? {};
  if (current) return current.buildId ?? '';
  if (decidedAt) return 'unversioned';
  // The token lets a decision made meanwhile stand.
  const conflictToken = found?.conflictToken ?? new Uint8Array();
  await service.setWorkerDeploymentCurrentVersion({ namespace, deploymentName, buildId, conflictToken });
  return buildId;
}
