import type { ErrorCode } from '../../domain/errors.ts';

/** What git was doing; the same words mean different things. */
export type GitAction = 'read' | 'push' | 'lfs-read' | 'lfs-push' | 'local';

interface Rule {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly actions?: readonly GitAction[];
}

/** In order: the first rule that fits names the failure. */
const RULES: readonly Rule[] = [
  rule('TY_GIT_TOOL', /git: 'lfs' is not a git command|spawn git ENOENT|is not a git command|unknown option/),
  rule('TY_DISK_FULL', /No space left on device|Disk quota exceeded/),
  rule(
    'TY_GIT_TLS',
    /SSL certificate|certificate verif|certificate signed by|x509:|tls: |unable to get local issuer|gnutls_handshake|Host key verification failed|SSL: no alternative/i,
  ),
  rule('TY_GIT_REDIRECT', /returned error: 30[12378]\b|unable to update url base from redirection|too many redirects/i),
  rule(
    'TY_LFS_QUOTA',
    /(HTTP|status code|error:|\[)\s*(507|413)\b|Insufficient (server )?storage|(Entity|Content) Too Large|over its data quota|quota exceeded|exceeded its LFS budget|storage limit/i,
    ['lfs-push', 'lfs-read', 'push'],
  ),
  rule(
    'TY_GIT_AUTH',
    /Authentication failed|Authentication required|could not read (Username|Password)|told us to quit|returned error: 401|HTTP 401|status code 401|Unauthorized|Permission denied \(|Git credentials for .* not found|Bad credentials|credentials.*(incorrect|rejected)/i,
  ),
  rule(
    'TY_GIT_FORBIDDEN',
    /returned error: 403|HTTP 403|status code 403|Authorization error|Forbidden|dubious ownership|insufficient permission|unable to create temporary|Permission to .* denied|write access to repository not granted|not allowed to (push|upload)|Permission denied|batch response: .*(read.?only|not (allowed|permitted)|permission|disabled)/i,
  ),
  rule(
    'TY_LFS_OBJECT_MISSING',
    /does not exist on the server|object not found|Object does not exist|missing or corrupt local objects|remote missing object|Unable to find source for object|no such object|Repository or object not found|invalid hash|expected OID|\[(404|410)\]/i,
    ['lfs-read'],
  ),
  rule(
    'TY_OUTPUT_BRANCH_TAKEN',
    /\[rejected\]|non-fast-forward|stale info|fetch first|reference already exists|cannot lock ref/i,
    ['push'],
  ),
  rule(
    'TY_PUSH_PROTECTED',
    /\[remote rejected\]|hook declined|protected branch|refusing to|denied by|GH0\d\d|unpacker error/i,
    ['push'],
  ),
  rule(
    'TY_GIT_REPO_NOT_FOUND',
    /repository '.*' not found|does not appear to be a git repository|returned error: 404|Repository (or object )?not found|repository .* does not exist|not a git repository|status code 404|No such file or directory/i,
  ),
  rule(
    'TY_GIT_SOURCE_CHANGED',
    /not our ref|couldn't find remote ref|unadvertised object|did not (receive|send) (expected|all)|no such remote ref|missing necessary objects|bad object|not a valid object|not a tree object/i,
    ['read', 'local'],
  ),
  rule('TY_GIT_UNSAFE_TREE', /fsck error|hasDot|invalid path '|fullPathname|gitmodules/),
  rule(
    'TY_GIT_UNREACHABLE',
    /Could not resolve|Connection (refused|reset|closed)|timed? ?out|too slow|Empty reply|early EOF|hung up|RPC failed|returned error: (429|5\d\d)|status code (429|5\d\d)|HTTP (429|5\d\d)|Failed to connect|No route|Network is unreachable|unable to access|unexpected disconnect|dial tcp|\bEOF\b|i\/o timeout|Fatal error: Server error/i,
  ),
];

/** Gives the end of a git process its code. `text` is what it wrote, in the C locale. */
export function classify(text: string, action: GitAction): ErrorCode {
  const found = RULES.find(({ pattern, actions }) => {
    return (actions === undefined || actions.includes(action)) && pattern.test(text);
  });
  return found?.code ?? 'TY_GIT_FAILED';
}

/** The few lines worth showing: the server's own, then git's, without progress and advice. */
export function tellingLines(text: string, limit = 6): readonly string[] {
  const lines = text
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !NOISE.test(line));
  const remote = lines.filter((line) => /^remote:\s*\S/.test(line));
  const rest = lines.filter((line) => !line.startsWith('remote:'));
  return [...new Set([...remote, ...rest])].slice(0, limit);
}

const NOISE =
  /^(hint:|Please make sure|and the repository exists|To (https?|ssh|file):|(remote: )?(Counting|Compressing|Enumerating|Receiving|Resolving|Writing|Total|Delta)|Uploading LFS|Downloading LFS|Fetching reference|fetch: Fetching)/;

function rule(code: ErrorCode, pattern: RegExp, actions?: readonly GitAction[]): Rule {
  return actions === undefined ? { pattern, code } : { pattern, code, actions };
}
