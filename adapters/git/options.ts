import type { Credentials } from '../../ports/credentials.ts';

export interface GitOptions {
  /** Folder of shared bare mirrors, one a repository. */
  readonly mirrors: string;
  /** Folder of read-only checkouts; on the same file system as `mirrors`, so that LFS files are linked. */
  readonly checkouts: string;
  /** Folder for what an operation needs only while it lasts. */
  readonly scratch: string;
  /** PATH that git and git-lfs are found on. */
  readonly path: string;
  /** Where plain http (`host` or `host:port`) and file addresses (absolute folders) are used. */
  readonly allow: readonly string[];
  /** `host` or `host:port` whose certificates are not checked. */
  readonly insecureTls: readonly string[];
  /** A transfer below `bytesPerSecond` for `seconds` is given up. */
  readonly lowSpeed: { readonly bytesPerSecond: number; readonly seconds: number };
  readonly credentials: Credentials;
  /** Called with the bytes an LFS transfer is going to need; throws `TY_DISK_FULL`. */
  readonly requireFree?: (bytes: number) => Promise<void>;
}
