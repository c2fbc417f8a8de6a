import type { Credentials } from '../../ports/credentials.ts';
import type { Git } from '../../ports/git.ts';
import type { Serving } from '../../ports/serving.ts';
import type { Workspace } from '../../ports/workspace.ts';
import type { Settings } from '../../spec/settings.ts';
import type { Trainyard } from '../index.ts';

export type OutputFormat = 'table' | 'json' | 'yaml' | 'name';
export type Language = 'en' | 'zh';

/** Where a command writes; data to `stdout`, everything else to `stderr`. */
export interface Streams {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
}

/** What `dev`, `demo` and `worker` need from the composition root. Each resolves when it has ended. */
export interface Composition {
  dev(options: DevOptions): Promise<void>;
  worker(options: WorkerOptions): Promise<void>;
  demo(options: DemoOptions): Promise<void>;
  doctor(): Promise<readonly DoctorFinding[]>;
}

export interface DevOptions {
  readonly directory: string;
  readonly port: number | null;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export interface WorkerOptions {
  readonly deployment: string | null;
  readonly signal: AbortSignal;
}

export interface DemoOptions {
  readonly directory: string;
  readonly keep: boolean;
  readonly signal: AbortSignal;
  readonly context: CommandContext;
}

export interface DoctorFinding {
  readonly name: string;
  readonly state: 'ok' | 'warn' | 'missing';
  readonly found: string;
  /** The command that mends it; null when ok. */
  readonly fix: string | null;
}

/** Everything a command gets. Built once by `main.ts`; whatever costs time is made on first use. */
export interface CommandContext {
  readonly streams: Streams;
  readonly format: OutputFormat;
  readonly lang: Language;
  readonly colour: boolean;
  /** False when stdin is no terminal, or with --no-input. */
  readonly interactive: boolean;
  readonly settings: Settings;
  readonly directory: string;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Temporal client with the typed SDK on it. */
  sdk(): Promise<Trainyard>;
  workspace(): Promise<Workspace>;
  credentials(): Promise<Credentials>;
  git(): Promise<Git>;
  serving(): Promise<Serving>;
  composition(): Promise<Composition>;
}
