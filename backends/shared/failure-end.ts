import { errorEntry, isErrorCode } from '../../domain/errors.ts';
import type { Finding } from './failure.ts';
import type { ContainerFacts, PodFacts, Termination } from './pod-facts.ts';

type Verdict = Pick<Finding, 'kind' | 'code' | 'message'> & Partial<Pick<Finding, 'signal' | 'budget'>>;

const SIGNALS: Readonly<Record<number, string>> = {
  2: 'SIGINT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  15: 'SIGTERM',
};

const NOT_FOUND = /executable file not found|no such file or directory|permission denied/i;

/** `worker rank 3`. */
export function whoIs(pod: PodFacts): string {
  return `${pod.role.name} rank ${pod.rank}`;
}

/** What a pod that failed by its own doing died of; `memoryBytes` = what a replica may use. */
export function endOf(pod: PodFacts, memoryBytes: number | null): Finding | null {
  const bad = pod.containers.filter((one) => (one.terminated?.exitCode ?? 0) !== 0 || isOom(one.terminated));
  const [first] = bad.toSorted((one, other) => (finish(one) < finish(other) ? -1 : 1));
  const nothing = { step: null, exitCode: null, signal: null, budget: 'code' as const };
  if (pod.reason === 'DeadlineExceeded') {
    const message = `${whoIs(pod)} ran longer than it may`;
    return { ...nothing, kind: 'deadline', code: 'TY_JOB_DEADLINE', message, at: first ? finish(first) : '' };
  }
  const end = first?.terminated ?? null;
  if (first === undefined || end === null) {
    if (pod.phase !== 'Failed') return null;
    const why = [pod.reason, pod.message].filter((part) => part !== null).join(': ');
    const message = `the pod of ${whoIs(pod)} failed without a container's doing${why === '' ? '' : `: ${why}`}`;
    return { ...nothing, kind: 'lost', code: 'TY_JOB_LOST', budget: 'infrastructure', message, at: '' };
  }
  const verdict = judge(pod, first, end, memoryBytes);
  return { ...nothing, ...verdict, step: first.step, exitCode: end.exitCode, at: end.finishedAt ?? '' };
}

function finish(container: ContainerFacts): string {
  return container.terminated?.finishedAt ?? '';
}

function isOom(end: Termination | null): boolean {
  return end?.reason === 'OOMKilled';
}

function judge(pod: PodFacts, container: ContainerFacts, end: Termination, memoryBytes: number | null): Verdict {
  const who = whoIs(pod);
  if (isOom(end)) {
    const asked = memoryBytes === null ? 'no bound was asked for' : `${formatBytes(memoryBytes)} asked for`;
    return { kind: 'oom', code: 'TY_JOB_OOM', message: `${who} was ended for its memory: ${asked}` };
  }
  if (end.reason === 'ContainerCannotRun' || end.reason === 'StartError') return startError(who, end.message);
  const told = ownWords(container, end, who);
  if (told !== null) return told;
  if (container.init && container.step === null) {
    const message = `the init container ${container.name} of ${who} ended with exit code ${end.exitCode}`;
    return { kind: 'init-failed', code: 'TY_JOB_INIT_FAILED', message };
  }
  return byExitCode(who, container, end, pod.deletedAt !== null);
}

/** What Trainyard's own containers say of why they failed; `null` = it is none of them, or it said nothing. */
function ownWords(container: ContainerFacts, end: Termination, who: string): Verdict | null {
  if (container.step !== null) return null;
  const [, code, said] = /^(TY_[A-Z_]+): ([\s\S]+)/.exec(end.message ?? '') ?? [];
  if (!isErrorCode(code) || said === undefined) return null;
  const budget = errorEntry(code).fate === 'retry' ? 'infrastructure' : 'code';
  const kind = container.init ? 'init-failed' : 'no-output';
  return { kind, code, budget, message: `${who}, container ${container.name}: ${said.trim()}` };
}

/** The container runtime could not start the program. */
export function startError(who: string, said: string | null): Verdict {
  const why = said === null ? '' : `: ${said}`;
  if (said !== null && NOT_FOUND.test(said)) {
    const message = `${who} could not run its command${why}`;
    return { kind: 'command-not-found', code: 'TY_JOB_COMMAND_NOT_FOUND', message };
  }
  return { kind: 'start-error', code: 'TY_JOB_START_ERROR', message: `the container of ${who} did not start${why}` };
}

function byExitCode(who: string, container: ContainerFacts, end: Termination, told: boolean): Verdict {
  const { exitCode } = end;
  const step = container.step === null ? `its container ${container.name}` : `its ${container.step} step`;
  if (exitCode === 126 || exitCode === 127) {
    const message = `${who} could not run ${step}: a command was not found or not executable (exit code ${exitCode})`;
    return { kind: 'command-not-found', code: 'TY_JOB_COMMAND_NOT_FOUND', message };
  }
  const signal = exitCode > 128 ? SIGNALS[exitCode - 128] : undefined;
  if (signal !== undefined) {
    const outside = signal === 'SIGKILL' && !told ? '; possible OOM: its node may have been out of memory' : '';
    const message = `${who} was ended by ${signal} in ${step} (exit code ${exitCode})${outside}`;
    return { kind: 'signal', code: 'TY_JOB_SIGNAL', signal, message };
  }
  const usage = exitCode === 2 ? '; often a wrong argument' : '';
  const message = `${who} ended with exit code ${exitCode} in ${step}${usage}`;
  return { kind: 'exit-code', code: 'TY_JOB_EXIT_CODE', message };
}

function formatBytes(bytes: number): string {
  const mib = bytes / 2 ** 20;
  return mib < 1024 ? `${Math.round(mib)} MiB` : `${(mib / 1024).toFixed(1)} GiB`;
}
