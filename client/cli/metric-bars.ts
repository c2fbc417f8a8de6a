import type { GateEvidence } from '../../domain/gates/gate.ts';
import { texts } from './messages/texts.ts';
import type { LineStyle } from './run-lines.ts';
import { figure } from './terminal/format.ts';
import { table } from './terminal/table.ts';
import { cleanText } from './terminal/text.ts';

const WIDTH = 12;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

/** Metrics as figures and bars, beside those of the baseline; the longer bar of a metric fills its column. */
export function metricTable(
  { metrics, baseline }: Pick<GateEvidence, 'metrics' | 'baseline'>,
  { lang }: LineStyle,
): string[] {
  const say = texts(lang);
  const [own, before] = [metrics ?? {}, baseline?.metrics ?? {}];
  const names = [...new Set([...Object.keys(own), ...Object.keys(before)])];
  if (names.length === 0) return [];
  const rows = names.map((name) => {
    const [now, then] = [valueOf(own, name), valueOf(before, name)];
    const most = Math.max(Math.abs(now ?? 0), Math.abs(then ?? 0));
    const change = now === null || then === null ? '' : signed(now - then);
    const shown = [cleanText(name), text(now), bar(now, most)];
    return baseline === null ? shown : [...shown, text(then), bar(then, most), change];
  });
  const headings = [say('column.metric'), say('column.now'), ''];
  return table(baseline === null ? headings : [...headings, say('column.baseline'), '', say('column.change')], rows);
}

/** A bar of whole and eighth blocks; what is below zero is as long as its size. */
export function bar(value: number | null, most: number, width = WIDTH): string {
  if (value === null || most === 0) return '';
  const eighths = Math.round((Math.abs(value) / most) * width * 8);
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}

function valueOf(metrics: Readonly<Record<string, number>>, name: string): number | null {
  return Object.hasOwn(metrics, name) ? (metrics[name] ?? null) : null;
}

function text(value: number | null): string {
  return value === null ? '-' : figure(value);
}

function signed(change: number): string {
  const rounded = Number(change.toPrecision(4));
  return rounded > 0 ? `+${figure(rounded)}` : figure(rounded);
}
