import type { Readable, Writable } from 'node:stream';
import type { KubeObject } from '../../domain/cluster-job.ts';
import type { ErrorReport } from '../../domain/errors.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { Credentials } from '../../ports/credentials.ts';
import type { Git, GitPublisher } from '../../ports/git.ts';
import type { Announced } from '../../ports/outbox.ts';
import type { RunFiles } from '../../ports/run-files.ts';
import type { Serving } from '../../ports/serving.ts';
import type { Workspace } from '../../ports/workspace.ts';
import type { DevState } from '../../spec/dev-state.ts';
import type { Settings } from '../../spec/settings.ts';
import type { TrainingSpec } from '../../spec/training-spec.ts';
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
  demo(options: { readonly directory: string }): Promise<DemoSession>;
  doctor(): Promise<readonly DoctorFinding[]>;
  /** Throws `TY_SPEC_SITE`. */
  siteDoctor(wish: SiteDoctorOptions): Promise<readonly DoctorFinding[]>;
  /** Roles and bindings of a site, as YAML. */
  siteAccess(request: AccessOptions): Promise<string>;
  /** Applies them; tells what was applied. Throws `TY_CLUSTER_*`. */
  grantSiteAccess(wish: AccessOptions & { readonly kubeContext: string | null }): Promise<readonly string[]>;
  /** What a spec would make on its cluster, without asking the cluster. Throws `TY_SPEC_*`, `TY_BACKEND_*`. */
  siteManifest(spec: TrainingSpec): Promise<Manifest>;
  /** What the cluster says to it, of which it keeps nothing. Throws as `siteManifest`, and `TY_CLUSTER_*`. */
  siteDryRun(spec: TrainingSpec): Promise<TriedManifest>;
  /** Sends a test through a channel. Throws `TY_NOTIFY_*`, `TY_GIT_CREDENTIAL_MISSING`. */
  tryChannel(name: string, signal: AbortSignal): Promise<TriedChannel>;
  /** What a run announced, and what became of it. */
  deliveries(runId: string): Promise<readonly Announced[]>;
  /** Runs a command in the pod of a rank and gives its exit code. Throws `TY_RUN_NO_POD`, `TY_CLUSTER_*`. */
  execInRank(files: RunFiles, wish: RankCommand): Promise<number>;
}

/** What a channel said to a test. */
export interface TriedChannel {
  readonly channel: string;
  readonly kind: string;
  readonly ok: boolean;
  readonly answer: string;
}

/** A command inside a rank of a run. */
export interface RankCommand {
  readonly runId: string;
  /** Across the job, as in its logs. */
  readonly rank: number;
  /** `null` = whichever role has that rank. */
  readonly role: string | null;
  readonly command: readonly string[];
  /** `null` = it gets no input. */
  readonly stdin: Readable | null;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** `null` = the command runs on no terminal. */
  readonly terminal: {
    now(): { readonly columns: number; readonly rows: number };
    /** Returns what ends the telling. */
    onChange(listener: () => void): () => void;
  } | null;
  readonly signal: AbortSignal;
}

/** Objects of a run that is not made. */
export interface Manifest {
  /** `null` = the settings have no site, and placeholders stand for it. */
  readonly site: string | null;
  readonly objects: readonly KubeObject[];
}

/** What the API server of a site says to each object, and the first thing that would keep a run from being made. */
export interface TriedManifest {
  readonly site: string;
  readonly objects: readonly {
    readonly kind: string;
    readonly name: string;
    readonly answer: 'accepted' | 'exists' | 'no room' | 'not judged' | 'refused';
    readonly why: string | null;
  }[];
  readonly error: ErrorReport | null;
}

/** Which site `doctor` looks at, and for what. `null` = not named. */
export interface SiteDoctorOptions {
  readonly site: string | null;
  readonly backend: ClusterBackendKind | null;
  readonly queue: string | null;
  readonly runtime: string | null;
}

/** Rights on a cluster. */
export interface AccessOptions {
  readonly namespace: string;
  readonly serviceAccount: string;
  /** Where the service account is, if not in that namespace. */
  readonly serviceAccountNamespace?: string;
  readonly backends: readonly ClusterBackendKind[];
  readonly clusterRole: boolean;
  readonly exec: boolean;
  /** Namespaces in which exporters tell what pods use of GPUs. */
  readonly gpuMetrics?: readonly string[];
  /** Secrets of a site without a shared claim, whose presence is looked for. */
  readonly secrets?: readonly string[];
  /** Given, the rights are those of people who watch runs, and these get them instead of the service account. */
  readonly people?: readonly { readonly kind: 'User' | 'Group'; readonly name: string }[];
}

export interface DevOptions {
  readonly directory: string;
  readonly port: number | null;
  readonly signal: AbortSignal;
  /** Called once, when everything runs. */
  readonly onUp: (facts: DevFacts) => void;
}

/** What `dev` runs. */
export interface DevFacts {
  readonly address: string;
  /** Temporal's page. */
  readonly ui: string | null;
  readonly workspace: string;
  /** File of the worker's log. */
  readonly log: string;
  readonly services: readonly { readonly service: string; readonly url: string; readonly version: string }[];
}

export interface WorkerOptions {
  /** Serve only these sites; none = this machine and all it sees. */
  readonly sites: readonly string[];
  readonly deployment: string | null;
  readonly signal: AbortSignal;
}

/** What the demo runs in. */
export interface DemoSession {
  /** Folder of the demo's files. */
  readonly state: string;
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly workspace: Workspace;
  readonly runFiles: RunFiles;
  readonly repos: {
    readonly model: string;
    readonly dataset: string;
    readonly output: string;
    readonly reused: boolean;
    /** Digits that are in no repository: grey values 0..255, row by row. */
    readonly unseen: readonly { readonly pixels: readonly number[]; readonly label: number }[];
  };
  /** Ends everything that was started. */
  stop(): Promise<void>;
}

export interface DoctorFinding {
  readonly name: string;
  readonly state: 'ok' | 'warn' | 'missing';
  readonly found: string;
  /** The command that mends it; null when ok. */
  readonly fix: string | null;
}

/** Adapters that commands use directly. */
export interface Ports {
  readonly workspace: Workspace;
  readonly runFiles: RunFiles;
  readonly credentials: Credentials;
  readonly git: Git;
  readonly publisher: GitPublisher;
  readonly serving: Serving;
}

/** What the composition root exports. Making ports must load neither Temporal's worker nor its native module. */
export interface Composer {
  createComposition(settings: Settings): Promise<Composition>;
  createPorts(settings: Settings): Promise<Ports>;
}

/** Everything a command gets. Built once by `main.ts`; whatever costs time is made on first use. */
export interface CommandContext {
  /** Of Trainyard. */
  readonly version: string;
  readonly streams: Streams;
  readonly format: OutputFormat;
  readonly lang: Language;
  readonly colour: boolean;
  /** The same for standard error, where progress is drawn. */
  readonly errorColour: boolean;
  /** False when stdin is no terminal, or with --no-input. */
  readonly interactive: boolean;
  /** With --yes: questions are answered yes. */
  readonly yes: boolean;
  /** With --quiet: results and errors only. */
  readonly quiet: boolean;
  readonly settings: Settings;
  /** The running `trainyard dev` the settings come from; `null` if none runs. */
  readonly dev: DevState | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly directory: string;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Temporal client with the typed SDK on it. */
  sdk(): Promise<Trainyard>;
  /** That of the settings; what runs left, wherever it lies, is read with `runFiles`. */
  workspace(): Promise<Workspace>;
  runFiles(): Promise<RunFiles>;
  credentials(): Promise<Credentials>;
  git(): Promise<Git>;
  publisher(): Promise<GitPublisher>;
  serving(): Promise<Serving>;
  composition(): Promise<Composition>;
}
