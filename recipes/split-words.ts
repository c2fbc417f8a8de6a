/**
 * Splits a line into words as a shell would, without any expansion: `$`, `*`, `;` and `|` are plain characters.
 * `null` if a quote is not closed or the line ends with a backslash.
 */
export function splitWords(line: string): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  let quote: '"' | "'" | null = null;
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at);
    if (char === quote) {
      quote = null;
    } else if (quote === null && (char === '"' || char === "'")) {
      quote = char;
      word ??= '';
    } else if (quote === null && /\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (char === '\\' && escapes(quote, line.charAt(at + 1))) {
      at += 1;
      if (at >= line.length) return null;
      word = (word ?? '') + line.charAt(at);
    } else {
      word = (word ?? '') + char;
    }
  }
  if (quote !== null) return null;
  if (word !== null) words.push(word);
  return words;
}

/** A backslash is plain in single quotes, and in double quotes unless it guards a quote or a backslash. */
function escapes(quote: '"' | "'" | null, next: string): boolean {
  if (quote === null) return true;
  return quote === '"' && (next === '"' || next === '\\');
}
