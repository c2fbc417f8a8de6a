import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { STRATEGIC_PATCH } from '../rest.ts';
import type { Rest } from '../rest.ts';
import { addressOf } from './address.ts';
import { ContainerRun, now } from './container-run.ts';
import type { NodeContext } from './container-run.ts';
import { PodApi } from './pod-api.ts';
import type { Pod } from './pod.ts';
import { makeVolumes } from './volumes.ts';

type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

const MOUNT_RETRY = 1_000;
const DEADLINE_GRACE = 5;

/** One pod on this node, from its start to its removal. */
export class PodRun {
  readonly pod: Pod;
  readonly containers: readonly ContainerRun[];
  readonly #rest: Rest;
  readonly #api: PodApi;
  readonly #folder: string;
  readonly #startTime = now();
  readonly #address: string;
  #phase: Phase = 'Pending';
  #why: Readonly<Record<string, string>> = {};
  #stopping = false;
  #removing = false;
  #reports: Promise<void> = Promise.resolve();

  constructor(pod: Pod, rest: Rest, node: NodeContext, work: string) {
    this.pod = pod;
    this.#rest = rest;
    this.#address = addressOf(pod);
    this.#api = new PodApi(rest, pod, node.name);
    this.#folder = join(work, pod.metadata.uid);
    const containers = join(this.#folder, 'containers');
    const run = (isInit: boolean) => (container: Pod['spec']['containers'][number]) =>
      new ContainerRun(container, isInit, pod, this.#api, node, containers);
    this.containers = [...(pod.spec.initContainers ?? []).map(run(true)), ...pod.spec.containers.map(run(false))];
  }

  get #path(): string {
    const { namespace, name } = this.pod.metadata;
    return `/api/v1/namespaces/${namespace}/pods/${name}`;
  }

  /** Runs the pod to its end. */
  async go(): Promise<void> {
    await this.#report();
    const volumes = await this.#volumes();
    if (volumes === null) return;
    const report = () => this.#report();
    for (const one of this.containers.filter(({ isInit }) => isInit)) {
      if ((await one.run(volumes, report)) !== 0) return this.#end('Failed');
    }
    if (this.#stopping) return;
    const seconds = this.pod.spec.activeDeadlineSeconds;
    const timer = seconds === undefined ? null : setTimeout(() => void this.#deadline(), seconds * 1_000);
    const main = this.containers.filter(({ isInit }) => !isInit);
    this.#phase = 'Pending';
    const codes = await Promise.all(
      main.map((one) =>
        one.run(volumes, () => {
          if (main.some(({ isLive }) => isLive)) this.#phase = 'Running';
          return this.#report();
        }),
      ),
    );
    if (timer !== null) clearTimeout(timer);
    await this.#end(codes.every((code) => code === 0) ? 'Succeeded' : 'Failed');
  }

  #end(phase: Phase): Promise<void> {
    this.#phase = phase;
    return this.#report();
  }

  async #deadline(): Promise<void> {
    this.#why = {
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    };
    await this.kill(DEADLINE_GRACE);
  }

  /** A volume that cannot be had keeps the pod waiting, with an Event that says why. */
  async #volumes(): Promise<ReadonlyMap<string, string> | null> {
    let told = '';
    while (!this.#stopping) {
      try {
        mkdirSync(this.#folder, { recursive: true });
        return await makeVolumes(this.pod, this.#api, join(this.#folder, 'volumes'));
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (message !== told)
          await this.#api.warn('FailedMount', `MountVolume.SetUp failed: ${message}`).catch(() => {});
        told = message;
        await delay(MOUNT_RETRY);
      }
    }
    return null;
  }

  /** Asks all containers to end, and ends them when the grace (seconds) is over. */
  async kill(grace: number): Promise<void> {
    this.#stopping = true;
    for (const one of this.containers) one.stop();
    const live = () => this.containers.filter(({ isLive }) => isLive);
    for (const one of live()) one.signal('SIGTERM');
    const end = performance.now() + grace * 1_000;
    while (live().length > 0 && performance.now() < end) await delay(50);
    for (const one of live()) one.signal('SIGKILL');
    while (live().length > 0) await delay(20);
  }

  /** Ends the pod and takes it off the API server, which has been waiting for this node to do so. */
  async remove(grace: number): Promise<void> {
    if (this.#removing) return;
    this.#removing = true;
    await this.kill(grace);
    // The last words of its containers are seen before it is gone.
    if (this.#phase === 'Running') await this.#end(this.#exitPhase());
    const { uid } = this.pod.metadata;
    const options = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid } };
    await this.#rest.send('DELETE', this.#path, options).catch(() => null);
  }

  #exitPhase(): Phase {
    const failed = this.containers.some(({ state }) => 'terminated' in state && state.terminated.exitCode !== 0);
    return failed ? 'Failed' : 'Succeeded';
  }

  /** One report after the other, each of what is so when its turn comes. */
  #report(): Promise<void> {
    this.#reports = this.#reports.then(() => this.#send());
    return this.#reports;
  }

  async #send(): Promise<void> {
    const body = { metadata: { uid: this.pod.metadata.uid }, status: this.#status() };
    for (let tries = 1; tries <= 20; tries += 1) {
      const answer = await this.#rest.send('PATCH', `${this.#path}/status`, body, STRATEGIC_PATCH).catch(() => null);
      // Gone, or another pod of the same name: nobody is left to tell.
      if (answer !== null && (answer.status < 300 || answer.status === 404 || answer.status === 409)) return;
      await delay(200 * tries);
    }
  }

  #status(): object {
    const time = now();
    const main = this.containers.filter(({ isInit }) => !isInit);
    const init = this.containers.filter(({ isInit }) => isInit);
    const ready = this.#phase === 'Running' && main.every(({ isLive }) => isLive);
    const initialized = init.every(({ state }) => 'terminated' in state && state.terminated.exitCode === 0);
    const condition = (type: string, holds: boolean) => ({
      type,
      status: holds ? 'True' : 'False',
      lastTransitionTime: time,
    });
    return {
      phase: this.#phase,
      ...this.#why,
      startTime: this.#startTime,
      hostIP: '127.0.0.1',
      podIP: this.#address,
      podIPs: [{ ip: this.#address }],
      conditions: [
        // Graces are counted from here: it must not move with every report.
        { ...condition('PodScheduled', true), lastTransitionTime: this.#startTime },
        condition('Initialized', initialized),
        condition('ContainersReady', ready),
        condition('Ready', ready),
      ],
      containerStatuses: main.map(statusOf),
      ...(init.length > 0 ? { initContainerStatuses: init.map(statusOf) } : {}),
    };
  }
}

function statusOf(one: ContainerRun): object {
  const { container, state, lastState, restarts, isInit } = one;
  const done = 'terminated' in state && state.terminated.exitCode === 0;
  return {
    name: container.name,
    image: container.image ?? '',
    imageID: `local://${container.image ?? ''}`,
    ready: 'running' in state || (isInit && done),
    started: 'running' in state,
    restartCount: restarts,
    // Whole, because a merge would keep what the state was before.
    state: { waiting: null, running: null, terminated: null, ...state },
    ...(lastState === null ? {} : { lastState: { waiting: null, running: null, terminated: null, ...lastState } }),
  };
}
