import type { Stage } from '../../domain/stage.ts';
import type { LogFile } from '../../ports/workspace.ts';

/** The stage a log belongs to, from its job's name (`…-t1`, `…-p2`); whatever else writes logs is the service. */
export function stageOf(file: Pick<LogFile, 'job'>): Stage {
  const letter = /-([tp])\d+$/.exec(file.job)?.[1];
  if (letter === 't') return 'train';
  return letter === 'p' ? 'package' : 'register';
}

export interface LogFilter {
  readonly stage?: string | undefined;
  readonly role?: string | undefined;
  readonly rank?: number | undefined;
}

/** The logs that were asked for, in the order things happened. */
export function selectLogs(files: readonly LogFile[], filter: LogFilter): LogFile[] {
  return files
    .filter((file) => filter.stage === undefined || stageOf(file) === filter.stage)
    .filter((file) => filter.role === undefined || file.role === filter.role)
    .filter((file) => filter.rank === undefined || file.rank === filter.rank)
    .toSorted((a, b) => orderOf(a) - orderOf(b) || a.role.localeCompare(b.role) || a.rank - b.rank);
}

function orderOf(file: LogFile): number {
  const attempt = Number(/(\d+)$/.exec(file.job)?.[1] ?? 0);
  return ['train', 'package', 'register'].indexOf(stageOf(file)) * 1e6 + Math.min(attempt, 1e6 - 1);
}
