import { readFileSync } from 'node:fs';
import { Rest, follow } from '../rest.ts';
import type { PaddleJob, PaddlePod } from './job.ts';
import { reconcileJob } from './reconcile-job.ts';
import { forgetSampleSet, reconcileSampleSet } from './reconcile-sample-set.ts';
import type { SampleSet } from './reconcile-sample-set.ts';

/**
 * A stand-in for the operator of PaddleCloud, which is published in no place that a build could get it from. It is
 * written from the operator's documented behaviour, for what a job's author sees of it: pods, their environment, and
 * the traces of the status. It is not that operator, and what it does not do is not tested.
 */
export interface PaddleConfig {
  readonly server: string;
  readonly caFile: string;
  readonly cert: string;
  readonly key: string;
  readonly work: string;
  /** Whether every job gets a PodGroup of Volcano, as the operator's `--scheduling=volcano` says. */
  readonly volcano: boolean;
}

const AGAIN = 1_000;

function main({ server, caFile, cert, key, work, volcano }: PaddleConfig): void {
  const read = (file: string) => readFileSync(file, 'utf8');
  const rest = new Rest({ server, ca: read(caFile), cert: read(cert), key: read(key) });
  const jobs = new Map<string, PaddleJob>();
  const pods = new Map<string, PaddlePod>();
  const isOf = (pod: PaddlePod, uid: string) =>
    pod.metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false;

  const look = looker(async (uid) => {
    const job = jobs.get(uid);
    if (job === undefined) return;
    await reconcileJob(
      rest,
      job,
      [...pods.values()].filter((pod) => isOf(pod, uid)),
      volcano,
    );
  });
  const stop = new AbortController().signal;
  const api = '/apis/batch.paddlepaddle.org';
  const seeJob = (job: PaddleJob, gone: boolean) => {
    if (gone) jobs.delete(job.metadata.uid);
    else jobs.set(job.metadata.uid, job);
    if (!gone) look(job.metadata.uid);
  };
  const seePod = (pod: PaddlePod, gone: boolean) => {
    if (gone) pods.delete(pod.metadata.uid);
    else pods.set(pod.metadata.uid, pod);
    for (const { uid } of pod.metadata.ownerReferences ?? []) if (jobs.has(uid)) look(uid);
  };
  const seeSet = (set: SampleSet, gone: boolean) => {
    const done = gone ? forgetSampleSet(rest, set) : reconcileSampleSet(rest, set, work);
    done.catch(complain);
  };
  void follow(rest, `${api}/v1/paddlejobs`, seeJob, stop);
  void follow(rest, '/api/v1/pods?labelSelector=paddle-res-name', seePod, stop);
  void follow(rest, `${api}/v1alpha1/samplesets`, seeSet, stop);
  // What waits for something that is not watched, such as a PodGroup or a sample set.
  setInterval(() => {
    for (const { metadata, status } of jobs.values()) {
      if (status?.phase !== 'Completed' && status?.phase !== 'Failed') look(metadata.uid);
    }
  }, AGAIN);
}

/** One look at a time for each job; looks asked for meanwhile become one more. */
function looker(work: (uid: string) => Promise<void>): (uid: string) => void {
  const busy = new Map<string, boolean>();
  const look = (uid: string): void => {
    if (busy.has(uid)) {
      busy.set(uid, true);
      return;
    }
    busy.set(uid, false);
    work(uid)
      .catch(complain)
      .finally(() => {
        const again = busy.get(uid) === true;
        busy.delete(uid);
        if (again) look(uid);
      });
  };
  return look;
}

function complain(error: unknown): void {
  process.stdout.write(`${new Date().toISOString()} ${String(error)}\n`);
}

main(JSON.parse(process.env['PADDLE_STAND_IN'] ?? '{}') as PaddleConfig);
