import type { Notice, NoticeEvent } from '../notice.ts';
import type { RunStatus } from '../run-state.ts';

/** What of all that happens a channel is told. Every condition has to hold. */
export interface NoticeFilter {
  readonly events: readonly NoticeEvent[];
  /** Patterns, of which one has to fit; `*` stands for anything. `null` = whichever. */
  readonly projects: readonly string[] | null;
  readonly templates: readonly string[] | null;
  /** Of the output branch. A run without output has none, and fits only `null`. */
  readonly branches: readonly string[] | null;
  /** Of the runs that end, only those that failed. */
  readonly onlyFailures: boolean;
  /** Of the runs that end, only those whose status is not that of the run of the same name before. */
  readonly onlyChanges: boolean;
}

/** @param before how the last run of the same project and name ended; `null` = there was none */
export function wants(filter: NoticeFilter, notice: Notice, before: RunStatus | null): boolean {
  const { run } = notice;
  if (!filter.events.includes(notice.event)) return false;
  if (!fits(filter.projects, run.project) || !fits(filter.templates, run.template)) return false;
  if (!fits(filter.branches, run.branch)) return false;
  if (notice.event !== 'ended') return true;
  if (filter.onlyFailures && notice.status !== 'failed') return false;
  return !filter.onlyChanges || notice.status !== before;
}

function fits(patterns: readonly string[] | null, value: string | null): boolean {
  if (patterns === null) return true;
  return value !== null && patterns.some((pattern) => fitsPattern(pattern, value));
}

/** By hand and not by a regular expression: patterns with many stars must not take exponential time. */
function fitsPattern(pattern: string, value: string): boolean {
  const parts = pattern.split('*');
  const [first = '', ...rest] = parts;
  if (rest.length === 0) return pattern === value;
  const last = rest.pop() ?? '';
  if (!value.startsWith(first) || !value.endsWith(last) || value.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of rest) {
    const found = value.indexOf(part, at);
    if (found === -1 || found + part.length > value.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}
