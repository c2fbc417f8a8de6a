import { setTimeout as sleep } from 'node:timers/promises';
import { follow } from '../../test/cluster-support/rest.ts';
import type { Playground } from './playground.ts';

interface SeenJob {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

export interface Finishes {
  /** Seconds from a job's end, as a watch of this process sees it, to the event in its workflow's history. */
  delays(jobs: readonly string[]): Promise<readonly number[]>;
}

/** Notes when jobs end, by a watch of its own beside the worker's. */
export function watchedFinishes(play: Playground): Finishes {
  const ended = new Map<string, { readonly at: number; readonly run: string }>();
  const stop = new AbortController();
  const path = `/apis/batch/v1/namespaces/${play.namespace}/jobs`;
  const see = (object: unknown): void => {
    const { metadata, status } = object as SeenJob;
    const over = status?.conditions?.some(({ type, status: holds }) => type === 'Complete' && holds === 'True');
    if (over !== true || ended.has(metadata.name)) return;
    ended.set(metadata.name, { at: Date.now(), run: metadata.annotations?.['trainyard.dev/run-id'] ?? '' });
  };
  void follow(play.cluster.rest, path, see, stop.signal).catch(() => undefined);
  return {
    async delays(jobs) {
      await play.until('every job that was ended is over', () => Promise.resolve(jobs.every((job) => ended.has(job))));
      await sleep(5000);
      stop.abort();
      const delays: number[] = [];
      for (const job of jobs) {
        const seen = ended.get(job);
        if (seen !== undefined) delays.push(((await toldAt(play, seen.run)) - seen.at) / 1000);
      }
      return delays;
    },
  };
}

/** When the activity that waited for the job was completed, milliseconds. */
async function toldAt({ client }: Playground, run: string): Promise<number> {
  const { events } = await client.workflow.getHandle(run).fetchHistory();
  const scheduled = events?.find((event) =>
    event.activityTaskScheduledEventAttributes?.activityId?.startsWith('await-train'),
  );
  const done = events?.find(
    (event) =>
      event.activityTaskCompletedEventAttributes?.scheduledEventId?.toString() === scheduled?.eventId?.toString(),
  );
  const time = done?.eventTime;
  if (time == null) return NaN;
  return Number(time.seconds) * 1000 + (time.nanos ?? 0) / 1e6;
}
