const MAX_LINE = 32 * 2 ** 20;

/** Whole lines of a stream of UTF-8, without their ends. What is longer than any object is an error. */
export async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', start)) {
      if (end > start) yield rest.slice(start, end);
      start = end + 1;
    }
    rest = rest.slice(start);
    if (rest.length > MAX_LINE) throw new RangeError('a line of the answer is longer than 32 MiB');
  }
  if (rest.trim() !== '') yield rest;
}
