import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitAction } from './classify.ts';
import { gitConfig, gitEnvironment } from './environment.ts';
import { toGitError } from './failure.ts';
import type { GitOptions } from './options.ts';
import { endMarked, isAlive, thisProcess } from './processes.ts';
import type { Remote } from './remote.ts';
import { runGit } from './run.ts';
import type { GitOutput } from './run.ts';

export interface GitCall {
  readonly args: readonly string[];
  /** What the failure is classified as. */
  readonly action: GitAction;
  /** The repository; without one, git sees none, wherever the scratch folder lies. */
  readonly gitDir?: string;
  readonly workTree?: string;
  readonly index?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly onLine?: ((line: string) => void) | undefined;
}

/** What one call of the port does: its scratch folder, its mark, its git. */
export interface Operation {
  readonly id: string;
  readonly folder: string;
  readonly remote: Remote;
  readonly signal: AbortSignal;
  /** Throws `TrainyardError`, or the signal's reason once aborted and every process is gone. */
  git(call: GitCall): Promise<GitOutput>;
}

/** Runs the body with a scratch folder and removes it again, whatever happens. */
export async function withOperation<T>(
  options: GitOptions,
  remote: Remote,
  signal: AbortSignal,
  body: (operation: Operation) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const id = randomUUID();
  const { pid, start } = thisProcess();
  const folder = join(options.scratch, `git-${pid}-${start}-${id}`);
  await mkdir(options.scratch, { recursive: true });
  await mkdir(folder, { mode: 0o700 });
  try {
    const operation: Operation = { id, folder, remote, signal, git: (call) => runCall(options, operation, call) };
    return await body(operation);
  } finally {
    if (signal.aborted) await endMarked(id);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes scratch folders of processes that are gone, and ends what they left running. */
export async function sweepScratch(scratch: string): Promise<void> {
  const { host } = thisProcess();
  for (const name of await readdir(scratch).catch(() => [])) {
    const match = /^git-([0-9]+)-([0-9]*)-([0-9a-f-]{36})$/.exec(name);
    if (match === null) continue;
    if (isAlive({ pid: Number(match[1]), start: match[2] ?? '', host }) !== false) continue;
    await endMarked(match[3] ?? '');
    await rm(join(scratch, name), { recursive: true, force: true });
  }
}

async function runCall(options: GitOptions, operation: Operation, call: GitCall): Promise<GitOutput> {
  const { remote, folder, id } = operation;
  const isRemote = call.action !== 'local';
  const answer =
    isRemote && remote.credential !== null ? { file: remote.credential.path, asked: join(folder, 'asked') } : undefined;
  if (answer !== undefined) await writeFile(answer.asked, '');
  const env = {
    ...gitEnvironment({
      path: options.path,
      home: folder,
      operation: id,
      url: isRemote ? remote.url : null,
      answer,
      sshAgent: process.env['SSH_AUTH_SOCK'],
    }),
    GIT_DIR: call.gitDir ?? '/dev/null',
    ...(call.workTree === undefined ? {} : { GIT_WORK_TREE: call.workTree }),
    ...(call.index === undefined ? {} : { GIT_INDEX_FILE: call.index }),
    ...call.env,
  };
  const config = gitConfig({
    url: isRemote ? remote.url : null,
    lowSpeed: options.lowSpeed,
    hasCredential: remote.credential !== null,
    certificate: remote.certificate,
    insecure: remote.insecure,
  });
  try {
    return await runGit({
      args: call.args,
      cwd: call.workTree ?? folder,
      config,
      env,
      operation: id,
      signal: operation.signal,
      ...(call.input === undefined ? {} : { input: call.input }),
      ...(call.onLine === undefined ? {} : { onLine: call.onLine }),
    });
  } catch (error) {
    throw await toGitError(error, call.action, remote);
  }
}
