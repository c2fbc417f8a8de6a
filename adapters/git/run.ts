import { simpleGit } from 'simple-git';
import { endMarked } from './processes.ts';
import { lineSplitter } from './progress.ts';

/** One git process. Arguments are a fixed list in code; what comes from users stands behind `--end-of-options`. */
export interface GitCommand {
  readonly args: readonly string[];
  readonly cwd: string;
  /** `key=value` pairs given with `-c`. */
  readonly config: readonly string[];
  /** The whole environment of the process. */
  readonly env: Readonly<Record<string, string>>;
  /** Mark of the operation, see `processes.ts`. */
  readonly operation: string;
  readonly input?: string;
  readonly signal: AbortSignal;
  /** Each line git writes to stderr, progress included. */
  readonly onLine?: (line: string) => void;
}

export interface GitOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** git ended with an exit code other than 0. Internal to the adapter: `classify.ts` gives it a code. */
export class GitFailed extends Error {
  override readonly name = 'GitFailed';
  readonly exitCode: number;
  readonly output: GitOutput;

  constructor(exitCode: number, output: GitOutput) {
    super(`git ended with ${exitCode}`);
    this.exitCode = exitCode;
    this.output = output;
  }
}

/**
 * The library refuses these settings wherever they come from; here they come from this adapter only,
 * which sets them to what is safe.
 */
const SET_BY_US = {
  allowUnsafeAskPass: true,
  allowUnsafeConfigPaths: true,
  allowUnsafeCredentialHelper: true,
  allowUnsafeFsMonitor: true,
  allowUnsafeHooksPath: true,
  allowUnsafeProtocolOverride: true,
  allowUnsafeSshCommand: true,
  allowUnsafeTemplateDir: true,
} as const;

/** Runs git through simple-git, without a shell, in exactly the given environment. */
export async function runGit(command: GitCommand): Promise<GitOutput> {
  command.signal.throwIfAborted();
  const state = { exitCode: 0, stderr: '' };
  const git = simpleGit({
    baseDir: command.cwd,
    binary: 'git',
    maxConcurrentProcesses: 1,
    config: [...command.config],
    abort: command.signal,
    completion: { onClose: true, onExit: false },
    allowEnvironment: Object.keys(command.env),
    unsafe: SET_BY_US,
    // A buffer, even an empty one, so that stdin is closed and no git waits for it.
    input: () => Buffer.from(command.input ?? ''),
    errors: (error, result) => {
      state.exitCode = result.exitCode;
      state.stderr = Buffer.concat(result.stdErr).toString('utf8');
      if (error !== undefined) return error;
      return result.exitCode === 0 ? undefined : new Error(`git ended with ${result.exitCode}`);
    },
  });
  git.env({ ...command.env });
  git.outputHandler((_name, stdout, stderr) => {
    // simple-git waits 50 ms more for commands that print nothing, unless it has seen a chunk.
    queueMicrotask(() => stdout.emit('data', Buffer.alloc(0)));
    if (command.onLine === undefined) return;
    stderr.on('data', lineSplitter(command.onLine));
    // git-lfs writes its progress to stdout.
    if (command.args[0] === 'lfs') stdout.on('data', lineSplitter(command.onLine));
  });
  try {
    const stdout = await git.raw([...command.args]);
    return { stdout, stderr: state.stderr };
  } catch (error) {
    if (command.signal.aborted) {
      await endMarked(command.operation);
      throw command.signal.reason;
    }
    const text = error instanceof Error ? error.message : String(error);
    throw new GitFailed(state.exitCode, { stdout: text, stderr: state.stderr });
  }
}
