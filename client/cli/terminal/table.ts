import { displayWidth, pad } from './text.ts';

/** Columns two blanks apart, headings first; the last column is not filled up. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const lines = [headings, ...rows];
  const widths = headings.map((_heading, column) => Math.max(...lines.map((line) => displayWidth(line[column] ?? ''))));
  return lines.map((line) => aligned(line, widths));
}

/** `name  value` pairs, without headings. */
export function pairs(rows: readonly (readonly [name: string, value: string])[]): string[] {
  const width = Math.max(0, ...rows.map(([name]) => displayWidth(name)));
  return rows.map(([name, value]) => `${pad(name, width)}  ${value}`.trimEnd());
}

function aligned(line: readonly string[], widths: readonly number[]): string {
  return line
    .map((cell, column) => (column === line.length - 1 ? cell : pad(cell, widths[column] ?? 0)))
    .join('  ')
    .trimEnd();
}
