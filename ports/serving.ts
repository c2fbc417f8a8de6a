import type { ServePlan } from '../domain/plan.ts';

export interface RegisterRequest {
  readonly plan: ServePlan;
  /** Unique among the service's versions: the run's job prefix. */
  readonly version: string;
  /** Folder with `<model>/1/model.torchscript` and `<model>/config.pbtxt`, already published. */
  readonly directory: string;
  /** Server's log file. */
  readonly log: string;
  readonly signal: AbortSignal;
}

export interface Registered {
  /** Base URL, for instance `http://127.0.0.1:41234`. */
  readonly url: string;
  /** Seconds from the server's spawn to its first ready. */
  readonly startSeconds: number;
  /** True when this version was serving already. */
  readonly found: boolean;
}

export interface ServiceStatus {
  readonly service: string;
  readonly model: string;
  readonly version: string;
  readonly url: string;
  readonly alive: boolean;
  readonly pid: number | null;
}

/** Inference services of a site. Throws `TY_SERVE_*`. */
export interface Serving {
  /** What the site lacks to serve, or a port that is taken; before anything is spent. */
  preflight(plan: ServePlan): Promise<void>;
  /** Ready and one real answer, or the version before is restored and the error thrown. Idempotent by version. */
  register(request: RegisterRequest): Promise<Registered>;
  /** Undo: brings back the version before, or stops the service if there was none. */
  restore(service: string, version: string): Promise<void>;
  list(): Promise<readonly ServiceStatus[]>;
  /** Starts what should be serving and is not; adopts what is. */
  resume(): Promise<void>;
  /** Stops the processes and keeps what should be serving for the next `resume`. */
  stopAll(): Promise<void>;
}
