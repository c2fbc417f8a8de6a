import { LineCounter, parseDocument } from 'yaml';
import { TrainyardError } from '../domain/errors.ts';

const MAX_BYTES = 1024 * 1024;

/** The value of a YAML or JSON text. Throws `TY_SPEC_SYNTAX` with line and column. */
export function readDocument(text: string, fileName: string): unknown {
  if (new TextEncoder().encode(text).length > MAX_BYTES) {
    throw syntax(fileName, 'the file is larger than 1 MiB');
  }
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: true });
  const [first] = document.errors;
  if (first !== undefined) {
    const { line, col } = lineCounter.linePos(first.pos[0]);
    throw syntax(`${fileName}:${line}:${col}`, first.message);
  }
  try {
    return document.toJS({ maxAliasCount: 50 }) as unknown;
  } catch (error) {
    throw syntax(fileName, error instanceof Error ? error.message : String(error));
  }
}

function syntax(where: string, why: string): TrainyardError {
  return new TrainyardError('TY_SPEC_SYNTAX', `the file is not valid YAML or JSON at ${where}: ${why}`, { where, why });
}
