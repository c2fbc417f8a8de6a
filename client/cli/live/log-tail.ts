import { splitStamp } from '../../../domain/log-text.ts';
import type { RunFiles } from '../../../ports/run-files.ts';
import type { LogFile } from '../../../ports/workspace.ts';
import { selectLogs } from '../log-files.ts';
import { lastLines } from './line-tail.ts';

/** The last lines of the log that grew last; none where the logs are not on this machine. */
export async function latestLog(
  store: Pick<RunFiles, 'logFiles'>,
  runId: string,
  count: number,
): Promise<readonly string[]> {
  try {
    const newest = pickLatest(await store.logFiles(runId));
    if (newest === null) return [];
    const { lines } = await lastLines(newest.path, count);
    return lines.map((line) => splitStamp(line)?.text ?? line);
  } catch {
    // A picture without its log is better than no picture.
    return [];
  }
}

/** Rank 0 of the last job that wrote anything. */
export function pickLatest(files: readonly LogFile[]): LogFile | null {
  const written = selectLogs(files, {}).filter((file) => file.bytes > 0);
  const last = written.at(-1);
  if (last === undefined) return null;
  return written.find((file) => file.job === last.job && file.rank === 0) ?? last;
}
