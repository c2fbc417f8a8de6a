import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { LogFile } from './log-file.ts';
import type { MemoryLimit } from './memory-limit.ts';
import { ENTER } from './sandbox.ts';

export interface ContainerEnd {
  readonly exitCode: number;
  readonly reason: 'Completed' | 'Error' | 'OOMKilled';
  readonly signal?: number;
  readonly message?: string;
}

/** A container that has been started: one process tree with name spaces of its own. */
export class ContainerProcess {
  readonly ended: Promise<ContainerEnd>;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #messagePath: string;
  readonly #limit: MemoryLimit | null;

  constructor(script: string, folder: string, messagePath: string, limit: MemoryLimit | null) {
    this.#folder = folder;
    this.#messagePath = messagePath;
    this.#limit = limit;
    // Dies with the node, and takes every process of the container along.
    const own = ['--mount', '--propagation', 'private', '--uts', '--pid', '--fork', '--kill-child'];
    const command = ['--pdeathsig', 'KILL', '--', 'unshare', ...own, '--', 'sh', script];
    this.#child = spawn('setpriv', command, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.ended = this.#wait();
  }

  async #wait(): Promise<ContainerEnd> {
    const child = this.#child;
    const log = new LogFile(join(this.#folder, 'log'));
    if (child.stdout !== null) log.follow(child.stdout);
    if (child.stderr !== null) log.follow(child.stderr);
    const [code, signal] = await new Promise<readonly [number | null, NodeJS.Signals | null]>((resolve) => {
      child.once('close', (status, by) => resolve([status, by]));
      child.once('error', () => resolve([128, null]));
    });
    await log.close();
    const hit = this.#limit?.wasHit() ?? false;
    this.#limit?.remove();
    const exitCode = signal === null ? (code ?? 128) : 128 + constants.signals[signal];
    const message = this.#message();
    const common = message === null ? {} : { message };
    if (hit && exitCode !== 0) return { exitCode: 137, reason: 'OOMKilled', ...common };
    return { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', ...common };
  }

  /** What the container left as its last words. */
  #message(): string | null {
    const file = join(this.#folder, 'upper', this.#messagePath);
    return existsSync(file) && statSync(file).isFile() ? readFileSync(file, 'utf8').slice(0, 4096) : null;
  }

  /** Signals the container's first process, which is what a kubelet does. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    try {
      const first = this.#first() ?? this.#child.pid;
      if (first !== undefined && this.#child.exitCode === null) process.kill(first, signal);
    } catch {
      // It has just ended.
    }
  }

  /** The words in front of a command that is to run inside; null when the container has no image under it yet. */
  inside(): readonly string[] | null {
    try {
      const first = this.#first();
      if (first === null || readlinkSync(`/proc/${first}/root`) === '/') return null;
      return ['nsenter', '--target', String(first), '--mount', '--uts', '--pid', '--', 'sh', join(this.#folder, ENTER)];
    } catch {
      return null;
    }
  }

  /** The process id, outside, of the container's first process. */
  #first(): number | null {
    const outer = this.#child.pid;
    if (outer === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return null;
    const [first = ''] = readFileSync(`/proc/${outer}/task/${outer}/children`, 'utf8').trim().split(' ');
    return first === '' ? null : Number(first);
  }
}
