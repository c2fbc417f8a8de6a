/** CSI colour sequences, the only ones that may reach a terminal. */
const SGR = /\u001b\[[0-9;:]*m/g;

/**
 * Everything else that a terminal would obey instead of show: strings to the terminal (title, clipboard, links) with
 * what they hold, other escape sequences, control characters, and marks that reorder or hide text.
 */
const HARMFUL = new RegExp(
  [
    '(?:\\u001b[\\]PX^_]|[\\u0090\\u0098\\u009d-\\u009f])[^\\u0007\\u001b\\u009c\\n]*(?:\\u0007|\\u001b\\\\|\\u009c)?',
    '\\u001b\\[[0-?]*[ -/]*[@-~]',
    '\\u009b[0-?]*[ -/]*[@-~]',
    '\\u001b[ -/]*[0-~]?',
    '[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]',
    '[\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]',
  ].join('|'),
  'g',
);

const MARK = '\u0001';

/**
 * Makes foreign text safe to print: only colour passes, and none of it without `colour`. A carriage return inside a
 * line (a progress bar) leaves what was drawn last.
 */
export function cleanText(raw: string, colour = false): string {
  const lines = raw.replace(/\r+\n/g, '\n').split('\n').map(lastDrawn).join('\n');
  const kept: string[] = [];
  const held = lines.replaceAll(MARK, '').replace(SGR, (found) => {
    kept.push(found);
    return MARK;
  });
  const plain = held.split(MARK).map((part) => part.replace(HARMFUL, ''));
  if (!colour || kept.length === 0) return plain.join('');
  return `${plain.map((part, index) => part + (kept[index] ?? '')).join('')}\u001b[0m`;
}

function lastDrawn(line: string): string {
  const parts = line.split('\r').filter((part) => part !== '');
  return parts.at(-1) ?? '';
}

/** JSON in which nothing is left that a terminal would obey. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(
    /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Columns a text takes on a terminal: East Asian wide characters count two, colour and marks none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const char of text.replace(SGR, '')) width += charWidth(char.codePointAt(0) ?? 0, char);
  return width;
}

function charWidth(code: number, char: string): number {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return 0;
  if (code >= 0x300 && /\p{Mn}|\p{Me}|\p{Cf}/u.test(char)) return 0;
  const wide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd);
  return wide ? 2 : 1;
}

/** Fills up with blanks to a width. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** Cuts plain text to a width; the cut is shown. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let out = '';
  let used = 0;
  for (const char of text.replace(SGR, '')) {
    const next = charWidth(char.codePointAt(0) ?? 0, char);
    if (used + next > width - 1) break;
    out += char;
    used += next;
  }
  return width > 0 ? `${out}…` : '';
}
