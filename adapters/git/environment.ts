import type { RepoUrl } from '../../domain/repo-url.ts';
import { MARK } from './processes.ts';

/** Settings that hold for every git this adapter starts; they win over whatever a repository sets. */
const FIXED: readonly string[] = [
  'advice.detachedHead=false',
  'core.askPass=',
  'core.autocrlf=false',
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'core.protectHFS=true',
  'core.protectNTFS=true',
  'core.quotePath=false',
  'core.sshCommand=ssh -oBatchMode=yes',
  'credential.helper=',
  'credential.useHttpPath=false',
  'fetch.fsck.badTimezone=warn',
  'fetch.fsck.missingSpaceBeforeDate=warn',
  'fetch.fsck.zeroPaddedFilemode=warn',
  'fetch.recurseSubmodules=false',
  'fetch.unpackLimit=1',
  'fetch.writeCommitGraph=false',
  'gc.auto=0',
  'http.followRedirects=false',
  'http.sslVerify=true',
  'maintenance.auto=false',
  'protocol.version=2',
  'submodule.recurse=false',
  'transfer.fsckObjects=true',
];

/**
 * Answers git's question for a password from a file, and only `get`, and no more than four times:
 * a server that says 401 for ever would otherwise be asked for ever. Fixed text; paths come by environment.
 */
const HELPER =
  '!f() { test "$1" = get || exit 0; n=$(wc -c < "$TRAINYARD_GIT_ASKED") || exit 1; ' +
  'test "$n" -lt 4 || { echo quit=1; exit 0; }; printf x >> "$TRAINYARD_GIT_ASKED"; cat "$TRAINYARD_GIT_ANSWER"; }; f';

export interface EnvironmentInput {
  readonly path: string;
  /** Becomes HOME; the operation's own folder. */
  readonly home: string;
  readonly operation: string;
  readonly url: RepoUrl | null;
  /** Credential file and the file that counts how often it was asked for. */
  readonly answer?: { readonly file: string; readonly asked: string } | undefined;
  /** Only for ssh. */
  readonly sshAgent?: string | undefined;
}

/** The whole environment of a git process. */
export function gitEnvironment(input: EnvironmentInput): Readonly<Record<string, string>> {
  return {
    PATH: input.path,
    HOME: input.home,
    LC_ALL: 'C',
    GIT_ALLOW_PROTOCOL: input.url?.scheme ?? 'none',
    GIT_ASKPASS: '',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    SSH_ASKPASS: '',
    [MARK]: input.operation,
    ...(input.answer === undefined
      ? {}
      : { TRAINYARD_GIT_ANSWER: input.answer.file, TRAINYARD_GIT_ASKED: input.answer.asked }),
    ...(input.url?.scheme === 'ssh' && input.sshAgent !== undefined ? { SSH_AUTH_SOCK: input.sshAgent } : {}),
  };
}

export interface ConfigInput {
  readonly url: RepoUrl | null;
  readonly lowSpeed: { readonly bytesPerSecond: number; readonly seconds: number };
  readonly hasCredential: boolean;
  /** PEM file that replaces the system's certificates for this host. */
  readonly certificate: string | null;
  readonly insecure: boolean;
}

/** `-c` settings for a remote. All that a hostile repository could redirect is bound to the remote's own host. */
export function gitConfig(input: ConfigInput): readonly string[] {
  const { url, lowSpeed } = input;
  const config = [...FIXED, `http.lowSpeedLimit=${lowSpeed.bytesPerSecond}`, `http.lowSpeedTime=${lowSpeed.seconds}`];
  if (url === null) return config;
  const lfs = lfsUrl(url);
  config.push(
    `remote.origin.url=${url.url}`,
    `lfs.url=${lfs}`,
    `lfs.pushurl=${lfs}`,
    `lfs.activitytimeout=${lowSpeed.seconds}`,
    `lfs.dialtimeout=${Math.min(30, lowSpeed.seconds)}`,
    `lfs.tlstimeout=${Math.min(30, lowSpeed.seconds)}`,
    'lfs.allowincompletepush=false',
    'lfs.basictransfersonly=true',
    'lfs.concurrenttransfers=4',
    'lfs.fetchexclude=',
    'lfs.fetchinclude=',
    'lfs.fetchrecentalways=false',
    'lfs.forceprogress=true',
    'lfs.locksverify=false',
    'lfs.skipdownloaderrors=false',
    'lfs.transfer.maxretries=3',
    'lfs.transfer.maxretrydelay=2',
  );
  if (url.scheme !== 'http' && url.scheme !== 'https') return config;
  const base = `${url.scheme}://${url.host}`;
  if (input.hasCredential) config.push(`credential.${base}.helper=${HELPER}`, `lfs.${lfs}.access=basic`);
  if (input.certificate !== null) config.push(`http.${base}/.sslCAInfo=${input.certificate}`);
  if (input.insecure) config.push(`http.${base}/.sslVerify=false`);
  return config;
}

/** The LFS endpoint that belongs to a repository, as every forge serves it. */
export function lfsUrl(url: RepoUrl): string {
  if (url.scheme === 'file' || url.scheme === 'ssh') return url.url;
  const base = url.url.replace(/\/+$/, '');
  return `${base}${base.endsWith('.git') ? '' : '.git'}/info/lfs`;
}
