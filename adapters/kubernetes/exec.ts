import type { Readable, Writable } from 'node:stream';
import { listAt, textAt } from '../../domain/json.ts';
import type { KubeAccess } from './api.ts';
import { openChannels } from './channels.ts';
import type { Channels } from './channels.ts';
import { KubeFailure } from './failure.ts';

/** A command inside a container that runs. */
export interface ExecRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly command: readonly string[];
  /** `null` = it gets no input. */
  readonly stdin: Readable | null;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Tells of the terminal the command runs on, now and whenever it changes; `null` = it runs on none. */
  readonly terminal: TerminalSize | null;
  /** Aborting leaves; the command may go on. */
  readonly signal: AbortSignal;
}

export interface TerminalSize {
  now(): { readonly columns: number; readonly rows: number };
  /** Returns what ends the telling. */
  onChange(listener: () => void): () => void;
}

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const STATUS = 3;
const RESIZE = 4;

/**
 * Runs a command in a pod and gives its exit code.
 * @throws KubeFailure where the command could not be run, or the connection broke
 */
export async function execInPod(access: KubeAccess, request: ExecRequest): Promise<number> {
  let status: unknown = null;
  let channels: Channels | null = null;
  // What comes before the connection is known here is little: it waits in the stream.
  const show = (to: Writable, bytes: Buffer): void => {
    if (bytes.length === 0 || to.write(bytes) || channels === null) return;
    const paused = channels;
    paused.pause();
    to.once('drain', () => paused.resume());
  };
  const opened = await openChannels(access, execPath(request), (channel, bytes) => {
    if (channel === STDOUT) show(request.stdout, bytes);
    if (channel === STDERR) show(request.stderr, bytes);
    if (channel === STATUS) {
      status = statusOf(bytes);
      channels?.close();
    }
  });
  channels = opened;
  const leave = (): void => opened.close();
  if (request.signal.aborted || status !== null) leave();
  request.signal.addEventListener('abort', leave, { once: true });
  const still = followTerminal(opened, request.terminal);
  const input = feed(opened, request.stdin);
  try {
    await opened.closed;
  } finally {
    still();
    input();
    request.signal.removeEventListener('abort', leave);
  }
  request.signal.throwIfAborted();
  return exitCode(status);
}

function execPath({ namespace, pod, container, command, stdin, terminal }: ExecRequest): string {
  const query = new URLSearchParams({ container, stdout: 'true' });
  if (stdin !== null) query.set('stdin', 'true');
  // A terminal has one stream for both.
  query.set(terminal === null ? 'stderr' : 'tty', 'true');
  for (const word of command) query.append('command', word);
  const where = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}`;
  return `${where}/exec?${query.toString()}`;
}

/** Gives the command what is typed, chunk after chunk; returns what stops that. */
function feed(channels: Channels, stdin: Readable | null): () => void {
  if (stdin === null) return () => undefined;
  let over = false;
  const onData = (chunk: Buffer | string): void => {
    stdin.pause();
    channels.send(STDIN, Buffer.from(chunk)).then(
      () => over || stdin.resume(),
      () => undefined,
    );
  };
  const onEnd = (): void => void channels.end(STDIN).catch(() => false);
  stdin.on('data', onData);
  stdin.once('end', onEnd);
  return () => {
    over = true;
    stdin.off('data', onData);
    stdin.off('end', onEnd);
    stdin.pause();
  };
}

function followTerminal(channels: Channels, terminal: TerminalSize | null): () => void {
  if (terminal === null) return () => undefined;
  const tell = (): void => {
    const { columns, rows } = terminal.now();
    const size = JSON.stringify({ Width: columns, Height: rows });
    channels.send(RESIZE, Buffer.from(size)).catch(() => undefined);
  };
  tell();
  return terminal.onChange(tell);
}

function statusOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return { message: bytes.toString('utf8') };
  }
}

function exitCode(status: unknown): number {
  if (textAt(status, 'status') === 'Success') return 0;
  const cause = listAt(status, 'details', 'causes').find((one) => textAt(one, 'reason') === 'ExitCode');
  const code = Number(textAt(cause, 'message'));
  if (cause !== undefined && Number.isInteger(code)) return code;
  if (status === null) throw new KubeFailure(null, 'Closed', 'the connection to the pod ended before the command did');
  throw new KubeFailure(
    400,
    textAt(status, 'reason') ?? 'Exec',
    textAt(status, 'message') ?? 'the command did not run',
  );
}
