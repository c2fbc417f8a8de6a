/** A process of its own that fetches, or pushes, once; for tests of two processes and of sudden death. */
import { createGit } from '../../../adapters/git/create-git.ts';
import type { GitOptions } from '../../../adapters/git/create-git.ts';
import { createFileCredentials } from '../../../adapters/credentials/file-credentials.ts';
import { setCrashHook } from '../../../ports/crash-point.ts';
import type { FetchRequest, PushRequest } from '../../../ports/git.ts';

/** What the parent gives as the only argument, in JSON. */
export interface OneShot {
  readonly options: Omit<GitOptions, 'credentials' | 'requireFree'>;
  readonly config: string;
  readonly fetch?: Omit<FetchRequest, 'signal'>;
  readonly push?: Omit<PushRequest, 'signal'>;
  /** Crash point at which the process kills itself. */
  readonly dieAt?: string;
}

const job = JSON.parse(process.argv[2] ?? '{}') as OneShot;
if (job.dieAt !== undefined) {
  setCrashHook((name) => {
    if (name === job.dieAt) process.kill(process.pid, 'SIGKILL');
  });
}
const git = createGit({ ...job.options, credentials: createFileCredentials({ folder: job.config }) });
const { signal } = new AbortController();
const result =
  job.fetch !== undefined
    ? await git.fetch({ ...job.fetch, signal })
    : job.push !== undefined
      ? await git.push({ ...job.push, signal })
      : null;
process.stdout.write(JSON.stringify(result));
