import type { LossPoint } from './loss.ts';

/** Dots of one braille cell: bit of each row in the left and the right column. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

/**
 * Draws a curve with braille dots.
 * @param width columns
 * @param height lines
 * @returns one text a line, from the top; none for fewer than two points
 */
export function drawCurve(points: readonly LossPoint[], width: number, height: number): string[] {
  if (points.length < 2 || width < 1 || height < 1) return [];
  const levels = toLevels(points, width * 2, height * 4);
  const cells = Array.from({ length: height }, () => Array.from({ length: width }, () => 0));
  let before: number | null = null;
  for (const [x, level] of levels.entries()) {
    if (level === null) continue;
    for (const y of between(before ?? level, level)) plot(cells, x, height * 4 - 1 - y);
    before = level;
  }
  return cells.map((line) =>
    line
      .map((bits) => String.fromCodePoint(0x2800 + bits))
      .join('')
      .replace(/\u2800+$/, ''),
  );
}

/** Height of the curve at each dot column; `null` beyond the last point. */
function toLevels(points: readonly LossPoint[], columns: number, rows: number): (number | null)[] {
  const steps = points.map(([step]) => step);
  const first = Math.min(...steps);
  const span = Math.max(...steps) - first || 1;
  const sums = Array.from({ length: columns }, () => ({ sum: 0, count: 0 }));
  for (const [step, loss] of points) {
    const slot = sums[Math.min(columns - 1, Math.floor(((step - first) / span) * columns))];
    if (slot === undefined) continue;
    slot.sum += loss;
    slot.count += 1;
  }
  const means = fillGaps(sums.map(({ sum, count }) => (count === 0 ? null : sum / count)));
  const known = means.filter((mean) => mean !== null);
  const low = Math.min(...known);
  const range = Math.max(...known) - low;
  return means.map((mean) => {
    if (mean === null) return null;
    return range === 0 ? Math.floor(rows / 2) : Math.round(((mean - low) / range) * (rows - 1));
  });
}

/** Straight lines between the columns that points fall into. */
function fillGaps(means: readonly (number | null)[]): (number | null)[] {
  const known = means.flatMap((mean, column) => (mean === null ? [] : [{ mean, column }]));
  return means.map((mean, column) => {
    if (mean !== null) return mean;
    const left = known.findLast((point) => point.column < column);
    const right = known.find((point) => point.column > column);
    if (left === undefined || right === undefined) return null;
    return left.mean + ((right.mean - left.mean) * (column - left.column)) / (right.column - left.column);
  });
}

/** Levels from the one before to this one, so that a steep curve has no holes. */
function between(from: number, to: number): number[] {
  const size = Math.abs(to - from);
  if (size <= 1) return [to];
  const step = Math.sign(to - from);
  return Array.from({ length: size }, (_, index) => from + step * (index + 1));
}

function plot(cells: number[][], x: number, y: number): void {
  const line = cells[Math.floor(y / 4)];
  const column = Math.floor(x / 2);
  const bit = DOTS[y % 4]?.[x % 2];
  if (line === undefined || bit === undefined) return;
  line[column] = (line[column] ?? 0) | bit;
}
