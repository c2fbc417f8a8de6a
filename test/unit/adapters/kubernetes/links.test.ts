import { describe, expect, it } from 'vitest';
import { jobNameIn, jobsOf, referenceIn } from '../../../../adapters/kubernetes/links.ts';
import type { KubeObject, WatchedKind } from '../../../../domain/cluster-job.ts';

const kind = (link: WatchedKind['link'], path?: readonly string[]): WatchedKind => ({
  group: '',
  version: 'v1',
  resource: 'things',
  as: 'extra',
  link,
  optional: false,
  ...(path === undefined ? {} : { path }),
});

const object = (metadata: Partial<KubeObject['metadata']>, more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name: 'thing', ...metadata },
  ...more,
});

const JOB = 'digits-abcdefgh-t1';

describe('the job in a name', () => {
  it.each([
    [JOB, JOB],
    [`${JOB}-0-x7k2p`, JOB],
    [`${JOB}-node-0`, JOB],
    [`${JOB}.17a2c`, JOB],
    ['a-b-c-abcdefgh-p12-worker-3', 'a-b-c-abcdefgh-p12'],
    [`${JOB}0`, 'digits-abcdefgh-t10'],
  ])('of %s is %s', (name, job) => {
    expect(jobNameIn(name)).toBe(job);
  });

  it.each(['', 'nginx', 'digits-abcdefgh', 'digits-abcdefgh-x1', 'digits-ABCDEFGH-t1', 'digits-abcdefg1-t1x'])(
    'of %j is none',
    (name) => {
      expect(jobNameIn(name)).toBeNull();
    },
  );
});

describe('an object belongs to a job', () => {
  it('by its name, its label, its owner, or what it is about', () => {
    expect(jobsOf(kind('name'), object({ name: JOB }))).toEqual([JOB]);
    expect(jobsOf(kind('label'), object({ labels: { 'trainyard.dev/job': JOB } }))).toEqual([JOB]);
    const owner = { kind: 'Job', name: `${JOB}-node-0`, uid: '1' };
    expect(jobsOf(kind('owner'), object({ ownerReferences: [owner] }))).toEqual([JOB]);
    expect(jobsOf(kind('involved'), object({}, { involvedObject: { name: `${JOB}-0-abc` } }))).toEqual([JOB]);
  });

  it('or to none', () => {
    expect(jobsOf(kind('label'), object({}))).toEqual([]);
    expect(jobsOf(kind('owner'), object({}))).toEqual([]);
    expect(jobsOf(kind('involved'), object({}, { involvedObject: { name: 'nginx-7d' } }))).toEqual([]);
    expect(jobsOf(kind('reference'), object({ name: JOB }))).toEqual([]);
  });

  it('or is named by it', () => {
    const job = object({ name: JOB }, { spec: { sampleSetRef: { name: 'faces' } } });
    expect(referenceIn(job, kind('reference', ['spec', 'sampleSetRef', 'name']))).toBe('faces');
    expect(referenceIn(job, kind('label'))).toBeNull();
    expect(referenceIn(object({}), kind('reference', ['spec', 'sampleSetRef', 'name']))).toBeNull();
  });
});
