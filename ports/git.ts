import type { RemoteRef } from '../domain/plan.ts';

export interface ResolvedRef {
  /** Full name, for instance `refs/heads/main`; the commit id itself where one was asked for. */
  readonly ref: string;
  /** 40 or 64 hex digits. */
  readonly commit: string;
}

export interface FetchRequest {
  readonly remote: RemoteRef;
  readonly ref: string;
  readonly commit: string;
  /** Aborting ends every git process and leaves no lock. */
  readonly signal: AbortSignal;
  /** Called at most once a second. */
  readonly onProgress?: (line: string) => void;
}

export interface FetchedTree {
  /** Absolute path of the read-only checkout `checkouts/<repo digest>/<commit>`. */
  readonly path: string;
  /** True when nothing but the ref advertisement moved. */
  readonly reused: boolean;
  /** LFS objects moved by this fetch. */
  readonly lfsObjects: number;
  /** Bytes of LFS objects moved by this fetch. */
  readonly lfsBytes: number;
}

export interface PushRequest {
  readonly remote: RemoteRef;
  readonly branch: string;
  /** Directory whose files become the tree of the commit. */
  readonly tree: string;
  readonly lfsPatterns: readonly string[];
  readonly message: string;
  /** `Name <mail>`; author and committer. */
  readonly author: string;
  /** RFC 3339; fixed by the run, so that the same tree gives the same commit. */
  readonly date: string;
  readonly signal: AbortSignal;
}

export interface PushResult {
  readonly commit: string;
  /** True when the branch held this very commit already: an earlier attempt had done it. */
  readonly found: boolean;
}

/** Two commits in words. `null` = the mirror does not have it. */
export interface CommitHistory {
  /** `<short id> <subject>`. */
  readonly from: string | null;
  readonly to: string | null;
  /** Commits after `from` up to `to`, newest first, at most 50; only where one leads to the other. */
  readonly between: readonly string[] | null;
}

/** Git and LFS as activities see them. Every method throws `TrainyardError` with a `TY_GIT_*`, `TY_LFS_*` or `TY_PUSH_*` code. */
export interface Git {
  /** Pins a branch, tag or commit. One ref advertisement. */
  resolveRef(remote: RemoteRef, ref: string, signal: AbortSignal): Promise<ResolvedRef>;
  /**
   * The commit the branch holds on the remote, `null` if there is none, after checking by a dry-run
   * push that the credential may create it.
   */
  checkPush(remote: RemoteRef, branch: string, signal: AbortSignal): Promise<string | null>;
  /** Mirror, LFS objects and a read-only checkout without any LFS pointer left in it. */
  fetch(request: FetchRequest): Promise<FetchedTree>;
  /** One commit on a new branch; found again when it is there already. */
  push(request: PushRequest): Promise<PushResult>;
  /** Removes what workers that died left half done. What cannot be removed now is found again the next time. */
  tidy(): Promise<void>;
  /** What the mirror knows of two commits, without asking the remote. Never throws for what it does not know. */
  history(url: string, from: string, to: string, signal: AbortSignal): Promise<CommitHistory>;
}

export interface PublishRequest {
  readonly remote: RemoteRef;
  readonly branch: string;
  /** Folder whose files become the tree. */
  readonly directory: string;
  /** gitattributes patterns that go to LFS. */
  readonly lfs: readonly string[];
  readonly message: string;
  /** `Name <mail>`. */
  readonly author: string;
  readonly signal: AbortSignal;
  readonly onProgress?: (line: string) => void;
}

export interface PublishResult {
  readonly commit: string;
  /** True when the branch held these very files already. */
  readonly found: boolean;
  readonly lfsObjects: number;
}

/** Puts a folder onto a branch: the first commit, or one on top of what is there. Never forces. */
export interface GitPublisher {
  publish(request: PublishRequest): Promise<PublishResult>;
}
