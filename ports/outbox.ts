import type { Notice } from '../domain/notice.ts';
import type { NoticeDeliveries } from '../domain/notices/delivery.ts';
import type { RunStatus } from '../domain/run-state.ts';

/** A notice, and what became of it; `null` = nobody has taken it up. */
export interface Announced {
  readonly notice: Notice;
  readonly deliveries: NoticeDeliveries | null;
}

/** How the last run of a name ended. */
export interface LastEnd {
  readonly runId: string;
  readonly status: RunStatus;
  /** How the one before it ended. */
  readonly before: RunStatus | null;
}

/** What people outside are to be told of a workspace's runs. Throws what the file system throws. */
export interface Outbox {
  /** Folder in which every notice that is not settled has an entry. Whoever waits for one watches it. */
  readonly directory: string;
  /** Keeps the notice until it is told. The same id is kept once, and not again after it was told. */
  announce(notice: Notice): Promise<void>;
  /** Ids of what is not settled, in no order. */
  pending(): Promise<readonly string[]>;
  /** `null` = it went with its run. */
  read(id: string): Promise<Announced | null>;
  /** All notices of a run, oldest first. */
  ofRun(runId: string): Promise<readonly Announced[]>;
  /** Written beside, fsynced, renamed. Once nothing is due the notice is no longer pending. */
  record(runId: string, deliveries: NoticeDeliveries): Promise<void>;
  /** Takes out an entry whose notice is gone. */
  forget(id: string): Promise<void>;
  /** Notes how a run ended and answers how the one of the same project and name before it did. Idempotent. */
  noteEnd(notice: Notice): Promise<RunStatus | null>;
}
