import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ContainerProcess } from './container-process.ts';
import { environmentOf } from './environment.ts';
import type { HostFiles } from './hosts.ts';
import { limitMemory } from './memory-limit.ts';
import type { PodApi } from './pod-api.ts';
import { StartError, quantity } from './pod.ts';
import type { Container, Pod } from './pod.ts';
import { writeSandbox } from './sandbox.ts';

const FIRST_BACK_OFF = 1_000;
const LONGEST_BACK_OFF = 60_000;
const CONFIG_RETRY = 1_000;
const ENTER_TRIES = 50;
const ENTER_WAIT = 100;

export interface NodeContext {
  readonly name: string;
  readonly server: URL;
  readonly hosts: HostFiles;
}

export type ContainerState =
  | { readonly waiting: { readonly reason: string; readonly message?: string } }
  | { readonly running: { readonly startedAt: string } }
  | {
      readonly terminated: {
        readonly exitCode: number;
        readonly reason: string;
        readonly message?: string;
        readonly startedAt: string;
        readonly finishedAt: string;
        readonly containerID: string;
      };
    };

export function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
}

/** One container of a pod through all its starts. */
export class ContainerRun {
  readonly container: Container;
  readonly isInit: boolean;
  state: ContainerState = { waiting: { reason: 'PodInitializing' } };
  lastState: ContainerState | null = null;
  restarts = 0;
  /** Folders of the starts so far, each with its `log`. */
  readonly folders: string[] = [];
  readonly #pod: Pod;
  readonly #api: PodApi;
  readonly #node: NodeContext;
  readonly #base: string;
  #process: ContainerProcess | null = null;
  #stopping = false;

  constructor(container: Container, isInit: boolean, pod: Pod, api: PodApi, node: NodeContext, base: string) {
    this.container = container;
    this.isInit = isInit;
    this.#pod = pod;
    this.#api = api;
    this.#node = node;
    this.#base = join(base, container.name);
  }

  get isLive(): boolean {
    return this.#process !== null;
  }

  /** The words in front of a command that is to run inside; null when it does not run. */
  async inside(): Promise<readonly string[] | null> {
    for (let tries = 0; this.#process !== null && tries < ENTER_TRIES; tries += 1) {
      const words = this.#process.inside();
      if (words !== null) return words;
      await delay(ENTER_WAIT);
    }
    return null;
  }

  /** No start happens after this. */
  stop(): void {
    this.#stopping = true;
  }

  signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#process?.signal(signal);
  }

  /**
   * Starts it, again where the pod's restart policy says so, and resolves with its last exit code. Each change is
   * told by `report`; a container that cannot be started never ends by itself.
   */
  async run(volumes: ReadonlyMap<string, string>, report: () => Promise<void>): Promise<number> {
    const policy = this.#pod.spec.restartPolicy ?? 'Always';
    for (let wait = FIRST_BACK_OFF; ; wait = Math.min(2 * wait, LONGEST_BACK_OFF)) {
      const code = await this.#once(volumes, report);
      if (this.#stopping || policy === 'Never' || (code === 0 && (this.isInit || policy === 'OnFailure'))) return code;
      this.lastState = this.state;
      this.restarts += 1;
      this.state = { waiting: { reason: 'CrashLoopBackOff', message: `back-off ${wait / 1_000}s restarting` } };
      await report();
      await delay(wait);
      if (this.#stopping) return code;
    }
  }

  async #once(volumes: ReadonlyMap<string, string>, report: () => Promise<void>): Promise<number> {
    const folder = join(this.#base, String(this.restarts));
    const started = await this.#start(volumes, folder, report);
    if (started === null) return 1;
    const startedAt = now();
    this.#process = started;
    this.folders.push(folder);
    this.state = { running: { startedAt } };
    await report();
    const end = await started.ended;
    this.#process = null;
    this.#node.hosts.remove(join(folder, 'hosts'));
    const containerID = `local://${this.#pod.metadata.uid}-${this.container.name}-${this.restarts}`;
    this.state = { terminated: { ...end, startedAt, finishedAt: now(), containerID } };
    return end.exitCode;
  }

  /** Tries until it can be started; null when the pod is to end meanwhile. */
  async #start(
    volumes: ReadonlyMap<string, string>,
    folder: string,
    report: () => Promise<void>,
  ): Promise<ContainerProcess | null> {
    for (;;) {
      if (this.#stopping) return null;
      try {
        return await this.#create(volumes, folder);
      } catch (error) {
        const reason = error instanceof StartError ? error.reason : 'CreateContainerError';
        const message = error instanceof Error ? error.message : String(error);
        this.state = { waiting: { reason, message } };
        await report();
        await delay(CONFIG_RETRY);
      }
    }
  }

  async #create(volumes: ReadonlyMap<string, string>, folder: string): Promise<ContainerProcess> {
    const { container } = this;
    // An image is this machine; one that is said to be missing plays a pull that fails.
    if (/missing/.test(container.image ?? '')) {
      throw new StartError('ImagePullBackOff', `Back-off pulling image "${container.image ?? ''}": not found`);
    }
    const environment = await environmentOf(container, this.#pod, this.#api, this.#node.server);
    const bytes = quantity(container.resources?.limits?.['memory']);
    mkdirSync(folder, { recursive: true });
    const limit = bytes === null ? null : limitMemory(`trainyard-${this.#pod.metadata.uid}-${container.name}`, bytes);
    const members = limit?.members ?? null;
    this.#node.hosts.add(join(folder, 'hosts'), environment.variables['HOSTNAME'] ?? this.#pod.metadata.name);
    const script = writeSandbox({ pod: this.#pod, container, environment, volumes, folder, members });
    const messagePath = container.terminationMessagePath ?? '/dev/termination-log';
    return new ContainerProcess(script, folder, messagePath, limit);
  }
}
