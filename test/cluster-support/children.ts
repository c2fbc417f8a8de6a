import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, openSync, closeSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Whether mounts that it makes are its own and vanish with it. */
  readonly ownMounts?: boolean;
  /**
   * Whether it watches files, and ends where it cannot: the kernel gives each user 128 such watches, and those of root
   * may be in use by others of the machine.
   */
  readonly watchesFiles?: boolean;
}

interface Started {
  readonly command: readonly [string, ...string[]];
  readonly options: ChildOptions;
  child: ChildProcess;
  ended: Promise<void>;
}

const GRACE = 5_000;

/** Nobody's; it may read what root may. */
const WATCHER = ['--reuid', '64001', '--inh-caps=+dac_override', '--ambient-caps=+dac_override'];

/**
 * The programs of one test cluster. The kernel kills each when the process that started it dies, however it dies, so
 * that a broken-off test leaves none behind.
 */
export class Children {
  readonly #logs: string;
  readonly #started = new Map<string, Started>();

  constructor(stateDir: string) {
    this.#logs = join(stateDir, 'log');
    mkdirSync(this.#logs, { recursive: true });
  }

  start(name: string, program: string, args: readonly string[], options: ChildOptions = {}): void {
    this.#started.set(name, this.#spawn(name, [program, ...args], options));
  }

  #spawn(name: string, command: readonly [string, ...string[]], options: ChildOptions): Started {
    const log = openSync(join(this.#logs, `${name}.log`), 'a');
    const mounts = options.ownMounts === true ? ['unshare', '--mount', '--propagation', 'private', '--'] : [];
    const user = options.watchesFiles === true && process.getuid?.() === 0 ? WATCHER : [];
    const child = spawn('setpriv', [...user, '--pdeathsig', 'KILL', '--', ...mounts, ...command], {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...options.env },
      // A Ctrl-C ends the test, and the test ends these in their order.
      detached: true,
    });
    closeSync(log);
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    return { command, options, child, ended };
  }

  names(): readonly string[] {
    return [...this.#started.keys()];
  }

  pid(name: string): number {
    const pid = this.#of(name).child.pid;
    if (pid === undefined) throw new Error(`${name} could not be started: ${basename(this.#of(name).command[0])}`);
    return pid;
  }

  isRunning(name: string): boolean {
    const { child } = this.#of(name);
    return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Sends a signal and, when it is one that ends, waits for the end. */
  async kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const { child, ended } = this.#of(name);
    child.kill(signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await ended;
  }

  /** Ends it if it runs, and starts it again with the same arguments. */
  async restart(name: string): Promise<void> {
    if (this.isRunning(name)) await this.kill(name);
    const { command, options } = this.#of(name);
    this.#started.set(name, this.#spawn(name, command, options));
  }

  /** Ends all, the youngest first: what stores is there until those that write are gone. */
  async stop(): Promise<void> {
    const [first, ...rest] = this.names();
    await Promise.all(rest.map((name) => this.#end(name)));
    if (first !== undefined) await this.#end(first);
  }

  async #end(name: string): Promise<void> {
    if (!this.isRunning(name)) return;
    const { child, ended } = this.#of(name);
    // One that is stopped (SIGSTOP) must not keep the test waiting.
    child.kill('SIGCONT');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), GRACE);
    await ended;
    clearTimeout(timer);
  }

  /** The end of what it wrote. */
  lastLines(name: string, count = 8): string {
    const file = join(this.#logs, `${name}.log`);
    return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n') : '';
  }

  #of(name: string): Started {
    const started = this.#started.get(name);
    if (started === undefined) throw new Error(`there is no program ${name}; there are ${this.names().join(', ')}`);
    return started;
  }
}
