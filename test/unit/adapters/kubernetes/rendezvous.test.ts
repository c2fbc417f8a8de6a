import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KeptJob } from '../../../../adapters/kubernetes/kept-jobs.ts';
import { quietRanks } from '../../../../adapters/kubernetes/rendezvous.ts';
import type { ClusterJobStatus, KubeObject } from '../../../../domain/cluster-job.ts';
import type { RolePlan } from '../../../../domain/job.ts';
import { clusterOptions, clusterRequest, noon, submitted, torchRole } from '../../../support/cluster-job.ts';

let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'trainyard-quiet-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const at = (seconds: number): number => Date.parse(noon(seconds));
const RUNNING = { phase: 'running', reason: null, pods: [{ rank: 0 }, { rank: 1 }] } as unknown as ClusterJobStatus;
const env = [
  { name: 'PET_MASTER_ADDR', value: 'job-0.job' },
  { name: 'PET_MASTER_PORT', value: '29500' },
];

function kept(role: Partial<RolePlan> = {}): KeptJob {
  const request = clusterRequest({ roles: [{ ...torchRole(2), ...role }] });
  const logs = join(root, 'logs');
  mkdirSync(logs, { recursive: true });
  const directories = { ...request.directories, logs, metricsFile: join(root, 'metrics.jsonl') };
  return {
    submitted: submitted({ ...request, directories }, clusterOptions({})),
    state: { since: { running: noon(0) } },
  } as unknown as KeptJob;
}

function wrote(name: string, seconds: number): void {
  const file = join(root, 'logs', name);
  writeFileSync(file, 'words\n');
  utimesSync(file, at(seconds) / 1000, at(seconds) / 1000);
}

const pod = (variables: readonly object[]): KubeObject =>
  ({ spec: { containers: [{ name: 'train', env: variables }] } }) as unknown as KubeObject;

const look = (over: { kept?: KeptJob; told?: ClusterJobStatus; env?: readonly object[]; troubledAt?: number } = {}) =>
  quietRanks(over.kept ?? kept(), over.told ?? RUNNING, [pod(over.env ?? env)], {
    now: at(700),
    troubledAt: over.troubledAt ?? 0,
  });

describe('ranks that all run and say nothing', () => {
  it('are told of with the place where they meet, as their pods have it', async () => {
    expect(await look()).toContain('can reach job-0.job:29500');
    wrote('worker-0.log', 5);
    expect(await look()).toContain('can reach job-0.job:29500');
    expect(await look({ env: [{ name: 'PET_RDZV_ENDPOINT', value: 'first.job:4711' }] })).toContain('first.job:4711');
    expect(await look({ env: [{ name: 'PET_MASTER_ADDR', value: '$(LIST)' }] })).toContain('can reach rank 0');
  });

  it('are left alone when one of them has written', async () => {
    const job = kept();
    wrote('worker-1.log', 300);
    expect(await look({ kept: job })).toBeNull();
  });

  it.each([
    ['wait for nobody: there is one', { ...RUNNING, pods: [{ rank: 0 }] } as unknown as ClusterJobStatus],
    ['do not all run', { ...RUNNING, phase: 'starting' } as ClusterJobStatus],
    ['are told of otherwise', { ...RUNNING, reason: 'ending' } as ClusterJobStatus],
  ])('are no matter where they %s', async (_why, told) => {
    expect(await look({ told })).toBeNull();
  });

  it('are no matter where the command is not known to make them meet', async () => {
    expect(await look({ kept: kept({ launcher: 'plain' }) })).toBeNull();
  });

  it('are not judged by lines that could not arrive', async () => {
    expect(await look({ troubledAt: at(600) })).toBeNull();
  });
});
