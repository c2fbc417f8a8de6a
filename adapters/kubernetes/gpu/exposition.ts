/** One line of what Prometheus would read. */
export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LABEL = /\s*([A-Za-z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*,?/y;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', '\\': '\\', '"': '"' };

/** The samples of these metrics in the text form of Prometheus; lines that are none, and values that are no number, are left out. */
export function readMetrics(text: string, names: ReadonlySet<string>): readonly MetricSample[] {
  const found: MetricSample[] = [];
  for (const line of text.split('\n')) {
    const name = /^[A-Za-z_:][\w:]*/.exec(line)?.[0];
    if (name === undefined || !names.has(name)) continue;
    const read = labelsOf(line, name.length);
    if (read === null) continue;
    // A time may stand behind the value.
    const [written = ''] = line.slice(read.end).trim().split(/\s+/);
    const value = Number(written);
    if (written !== '' && Number.isFinite(value)) found.push({ name, labels: read.labels, value });
  }
  return found;
}

/** `null` = they do not end. */
function labelsOf(
  line: string,
  from: number,
): { readonly labels: Record<string, string>; readonly end: number } | null {
  const labels: Record<string, string> = {};
  if (line[from] !== '{') return { labels, end: from };
  let at = from + 1;
  for (;;) {
    LABEL.lastIndex = at;
    const match = LABEL.exec(line);
    if (match === null) break;
    const [, name = '', value = ''] = match;
    labels[name] = value.replaceAll(/\\(.)/g, (whole, char: string) => ESCAPES[char] ?? whole);
    at = LABEL.lastIndex;
  }
  const end = /\s*\}/y;
  end.lastIndex = at;
  return end.test(line) ? { labels, end: end.lastIndex } : null;
}
