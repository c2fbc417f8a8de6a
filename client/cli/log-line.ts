import { splitStamp } from '../../domain/log-text.ts';
import type { LogFile } from '../../ports/workspace.ts';
import { stageOf } from './log-files.ts';
import { painter } from './terminal/colour.ts';
import type { Style } from './terminal/colour.ts';
import { cleanText } from './terminal/text.ts';

const RANK_STYLES: readonly Style[] = ['cyan', 'magenta', 'green', 'yellow', 'blue'];

export interface LogLineStyle {
  readonly colour: boolean;
  /** Say whose line it is. */
  readonly prefix: boolean;
  /** Show the time a node put before a line. */
  readonly timestamps?: boolean;
}

/** A line of a log as it may be printed: `train/worker-1 │ step 10 loss 0.3`. */
export function logLine(file: Pick<LogFile, 'job' | 'role' | 'rank'>, line: string, style: LogLineStyle): string {
  const stamped = style.timestamps === true ? null : splitStamp(line);
  const text = cleanText(stamped?.text ?? line, style.colour);
  if (!style.prefix) return text;
  const paint = painter(style.colour);
  const attempt = Number(/-[tp](\d+)$/.exec(file.job)?.[1] ?? 1);
  const again = attempt > 1 ? `#${attempt}` : '';
  const tint = RANK_STYLES[file.rank % RANK_STYLES.length] ?? 'cyan';
  return `${paint(tint, `${stageOf(file)}${again}/${cleanText(file.role)}-${file.rank} │`)} ${text}`;
}
