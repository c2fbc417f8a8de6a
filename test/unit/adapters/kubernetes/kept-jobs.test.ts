import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeptJobs } from '../../../../adapters/kubernetes/kept-jobs.ts';
import type { KeptJobs } from '../../../../adapters/kubernetes/kept-jobs.ts';
import type { JobRequest } from '../../../../domain/job.ts';
import type { ClusterJobPlan } from '../../../../domain/pod-plan.ts';
import { clusterOptions, clusterRequest } from '../../../support/cluster-job.ts';

let root = '';
let jobs: KeptJobs;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'trainyard-kept-'));
  jobs = createKeptJobs(root, 'gpu');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const plan: ClusterJobPlan = { kind: 'kubernetes-job', options: clusterOptions({}) };

function request(over: Partial<JobRequest> = {}): JobRequest {
  const plain = clusterRequest();
  return { ...plain, ...over, plan: { ...plain.plan, cluster: plan } };
}

describe('a kept job', () => {
  it('is there for whoever comes next, with its request and its state', () => {
    const { place, adopted } = jobs.claim(request(), plan);
    expect(adopted).toBe(false);
    jobs.update(place, (one) => ({ ...one, uid: 'u-1', waiting: 'no room' }));
    const next = createKeptJobs(root, 'gpu');
    expect(next.read(place.name)).toMatchObject({ state: { uid: 'u-1', waiting: 'no room', cause: null }, plan });
    expect(next.activeNames()).toEqual([place.name]);
    expect(next.claim(request(), plan).adopted).toBe(true);
  });

  it.each([
    ['another run', { runId: 'run-other-1' }],
    ['another attempt', { attempt: 2 }],
  ])('keeps its name from %s', (_who, over) => {
    jobs.claim(request(), plan);
    expect(() => jobs.claim(request(over), plan)).toThrow(expect.objectContaining({ code: 'TY_JOB_NAME_TAKEN' }));
  });

  it('is not of another site in the same workspace', () => {
    jobs.claim(request(), plan);
    expect(createKeptJobs(root, 'other').activeNames()).toEqual([]);
  });

  it('is active again when somebody waits for it, and each waiter is told from the one before', () => {
    const { place } = jobs.claim(request(), plan);
    jobs.deactivate(place.name);
    expect(jobs.isActive(place.name)).toBe(false);
    const waiter = { workflowId: 'w', runId: 'r', activityId: 'a' };
    expect(jobs.expect(place.name, waiter)).toBe(true);
    expect(jobs.isActive(place.name)).toBe(true);
    const first = jobs.waiter(place)?.at;
    jobs.expect(place.name, waiter);
    expect(jobs.waiter(place)?.at).not.toBe(first);
    expect(jobs.expect('nobody-abcdefgh-t1', waiter)).toBe(false);
  });
});
