import { isRunId } from '../../domain/names.ts';

/** What a client may ask for; everything else does not exist. */
export type FileRoute =
  | { readonly kind: 'logs' | 'record' | 'usage'; readonly runId: string }
  /** Names from the run's folder down to the file, to be read from an offset while it grows. */
  | { readonly kind: 'growing' | 'whole'; readonly runId: string; readonly path: readonly string[] };

const JOB = /^[a-z][-a-z0-9]{0,62}$/;
const LOG = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?-\d{1,6}\.log$/;
/** Folders whose files are given out. */
const OPEN = ['output', 'package'];
const LONGEST = 4096;

/** The route of a request's path as it stands in the request line, without its query; `null` = none. */
export function fileRoute(path: string): FileRoute | null {
  if (path.length > LONGEST) return null;
  const [empty, runs, runId = '', ...rest] = path.split('/');
  if (empty !== '' || runs !== 'runs' || !isRunId(runId)) return null;
  const [what, ...more] = rest;
  if (more.length === 0) {
    if (what === 'logs' || what === 'record' || what === 'usage') return { kind: what, runId };
    return what === 'metrics' ? { kind: 'growing', runId, path: ['metrics.jsonl'] } : null;
  }
  if (what === 'logs') return logRoute(runId, more);
  return what === 'files' ? wholeRoute(runId, more) : null;
}

function logRoute(runId: string, [job = '', file = '', ...more]: readonly string[]): FileRoute | null {
  if (more.length > 0 || !JOB.test(job) || !LOG.test(file)) return null;
  return { kind: 'growing', runId, path: ['logs', job, file] };
}

function wholeRoute(runId: string, encoded: readonly string[]): FileRoute | null {
  const path = encoded.map(decoded);
  if (path.length < 2 || !path.every((name) => name !== null)) return null;
  return OPEN.includes(path[0] ?? '') ? { kind: 'whole', runId, path } : null;
}

/** One name of a path; `null` = no name a file can have, or one that leads elsewhere. */
function decoded(segment: string): string | null {
  let name: string;
  try {
    name = decodeURIComponent(segment);
  } catch {
    return null;
  }
  return name === '' || name === '.' || name === '..' || /[/\\\u0000-\u001f]/.test(name) ? null : name;
}
