import type { RunView } from '../../../domain/run-state.ts';
import { texts } from '../messages/texts.ts';
import { type LineStyle, runLines } from '../run-lines.ts';
import { pairs } from '../terminal/table.ts';
import { drawDigit } from './digit.ts';
import type { DemoSummary } from './summary.ts';

export interface DemoLineStyle extends LineStyle {
  /** Where the summary lies. */
  readonly file: string;
  readonly keep: boolean;
}

/** What stands on the screen when the demo has ended: the stages, where everything lies, what to try next. */
export function demoLines(
  view: RunView,
  summary: DemoSummary,
  pixels: readonly number[],
  style: DemoLineStyle,
): readonly string[] {
  const say = texts(style.lang);
  const lines = [...runLines(view, style), ''];
  if (summary.prediction !== null) {
    const { label, expected } = summary.prediction;
    lines.push(say('demo.asked'), ...drawDigit(pixels), say('demo.answered', { label, expected }), '');
  }
  lines.push(
    ...pairs([
      [say('demo.overhead'), `${summary.overheadSeconds.toFixed(2)} s`],
      [say('demo.summary'), style.file],
      ...(summary.artifact === null ? [] : [[say('demo.artifact'), artifactText(summary)] as const]),
    ]),
  );
  if (view.status !== 'succeeded') return lines;
  return [...lines, '', say('demo.next'), ...nextCommands(summary, style).map((line) => `  ${line}`)];
}

function artifactText(summary: DemoSummary): string {
  const { artifact } = summary;
  return artifact === null ? '' : `${artifact.path}  ${artifact.bytes} B  sha256 ${artifact.sha256.slice(0, 16)}…`;
}

function nextCommands(summary: DemoSummary, { keep }: DemoLineStyle): readonly string[] {
  const folder = summary.outputRepo?.replace(/^file:\/\//, '') ?? '';
  const look = `git -C ${folder} show ${summary.outputBranch ?? ''}:trainyard.json`;
  const own = ['npx trainyard init', 'npx trainyard dev'];
  if (!keep) return [look, 'npm run demo -- --keep', ...own.slice(0, 1)];
  return [`curl ${summary.service?.url ?? ''}/v2/models/digits`, look, ...own.slice(0, 1)];
}
