import type { Readable, Writable } from 'node:stream';
import { createKubeApi } from '../adapters/kubernetes/api.ts';
import { execInPod } from '../adapters/kubernetes/exec.ts';
import type { TerminalSize } from '../adapters/kubernetes/exec.ts';
import { noAnswer } from '../adapters/kubernetes/no-answer.ts';
import { rankOf, runningPods } from '../adapters/kubernetes/rank-pods.ts';
import type { RunningPod } from '../adapters/kubernetes/rank-pods.ts';
import { TrainyardError } from '../domain/errors.ts';
import type { Plan } from '../domain/plan.ts';
import type { RunFiles } from '../ports/run-files.ts';
import type { Settings } from '../spec/settings.ts';
import { LOCAL_SITE } from '../spec/site-settings.ts';
import type { SiteSettings } from '../spec/site-settings.ts';

/** A command inside a rank of a run. */
export interface RankCommand {
  readonly runId: string;
  /** Across the job, as in its logs. */
  readonly rank: number;
  /** `null` = whichever role has that rank. */
  readonly role: string | null;
  readonly command: readonly string[];
  readonly stdin: Readable | null;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly terminal: TerminalSize | null;
  readonly signal: AbortSignal;
}

interface Place {
  readonly name: string;
  readonly site: SiteSettings;
  readonly pods: readonly Ranked[];
}

interface Ranked extends RunningPod {
  readonly rank: number;
}

/**
 * Runs a command in the pod of a rank and gives its exit code.
 * @throws TrainyardError `TY_RUN_NO_POD`, `TY_CLUSTER_*`, `TY_CLI_USAGE` for a run of this machine
 */
export async function execInRank(settings: Settings, files: RunFiles, wish: RankCommand): Promise<number> {
  // Without its record the cluster still knows the run's pods.
  const record = await files.readRecord(wish.runId).catch(() => null);
  const plan = record?.plan ?? null;
  if (plan?.site === LOCAL_SITE) throw onThisMachine(wish.runId);
  const places: Place[] = [];
  for (const [name, site] of Object.entries(settings.sites)) {
    if (plan === null || plan.site === name) places.push(await placeOf(name, site, wish.runId, plan));
  }
  const { place, pod } = choose(places, wish);
  const { kubeconfig, context, namespace } = place.site;
  try {
    return await execInPod({ kubeconfig, context }, { ...wish, namespace, pod: pod.pod, container: pod.container });
  } catch (error) {
    throw noAnswer(error, `pod ${pod.pod} of site ${place.name}`, namespace);
  }
}

async function placeOf(name: string, site: SiteSettings, runId: string, plan: Plan | null): Promise<Place> {
  const api = await createKubeApi(site).catch((error: unknown) => {
    throw noAnswer(error, `site ${name}`, site.kubeconfig ?? 'the default kubeconfig');
  });
  try {
    const pods = await runningPods(api, site.namespace, runId);
    return { name, site, pods: pods.map((pod) => ({ ...pod, rank: rankIn(plan, pod) })) };
  } catch (error) {
    throw noAnswer(error, `site ${name}`, api.server);
  } finally {
    api.close();
  }
}

function rankIn(plan: Plan | null, pod: RunningPod): number {
  const job = /-p\d+$/.test(pod.job) ? (plan?.package ?? null) : (plan?.train ?? null);
  return job === null ? pod.index : rankOf(pod, job);
}

function choose(places: readonly Place[], wish: RankCommand): { place: Place; pod: Ranked } {
  const all = places.flatMap((place) => place.pods.map((pod) => ({ place, pod })));
  const fitting = all.filter(({ pod }) => pod.rank === wish.rank && (wish.role === null || pod.role === wish.role));
  const [found, another] = fitting;
  if (found !== undefined && another === undefined) return found;
  const shown = (some: typeof all): string =>
    some.map(({ pod }) => `--role ${pod.role} --rank ${pod.rank} (${pod.pod})`).join(', ');
  if (found !== undefined) {
    const why = shown(fitting);
    throw new TrainyardError('TY_CLI_USAGE', `several pods of the run have rank ${wish.rank}`, {
      where: wish.runId,
      why,
      fix: `trainyard run exec ${wish.runId} --rank ${wish.rank} --role ${found.pod.role} -- …`,
    });
  }
  const asked = places.map(({ name }) => name).join(', ');
  const none = asked === '' ? 'its site is not in the settings' : `no pod of the run runs on ${asked}`;
  throw new TrainyardError('TY_RUN_NO_POD', `rank ${wish.rank} of the run has no pod that runs`, {
    where: wish.runId,
    why: all.length === 0 ? none : `these run: ${shown(all)}`,
    fix: `trainyard run get ${wish.runId}`,
  });
}

function onThisMachine(runId: string): TrainyardError {
  return new TrainyardError('TY_CLI_USAGE', 'the ranks of this run are processes of its own machine, not containers', {
    where: runId,
    why: 'backend.kind is local',
    fix: `trainyard run top ${runId}  shows their process ids; trainyard run logs ${runId}  what they write`,
  });
}
