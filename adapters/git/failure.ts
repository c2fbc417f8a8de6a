import { TrainyardError } from '../../domain/errors.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import { classify, tellingLines } from './classify.ts';
import type { GitAction } from './classify.ts';
import { plainText, redact } from './plain-text.ts';
import { secretsOf } from './remote.ts';
import type { Remote } from './remote.ts';
import { GitFailed } from './run.ts';

/** Gives a failed git its code and words; anything else passes through. */
export async function toGitError(error: unknown, action: GitAction, remote: Remote | null): Promise<unknown> {
  if (!(error instanceof GitFailed)) return error;
  const { stdout, stderr } = error.output;
  const secrets = remote === null ? [] : await secretsOf(remote);
  const text = redact(plainText(`${stderr}\n${stdout}`), secrets);
  const code = refine(classify(text, action), action);
  const host = remote === null || remote.url.host === '' ? null : remote.url.host;
  return new TrainyardError(code, headline(code, action, remote), {
    ...(remote === null ? {} : { where: remote.url.url }),
    why: tellingLines(text).join('\n') || `git ended with exit code ${error.exitCode}`,
    ...fixOf(code, remote, host),
  });
}

/** A missing folder is the repository only where one was asked for. */
function refine(code: ErrorCode, action: GitAction): ErrorCode {
  return action === 'local' && code === 'TY_GIT_REPO_NOT_FOUND' ? 'TY_GIT_FAILED' : code;
}

function headline(code: ErrorCode, action: GitAction, remote: Remote | null): string {
  const at = remote === null ? 'git' : remote.url.host === '' ? remote.url.path : remote.url.host;
  switch (code) {
    case 'TY_GIT_AUTH':
      return remote?.credential == null
        ? `${at} asks for a credential and the spec names none`
        : `${at} refused credential "${remote.credential.name}"`;
    case 'TY_GIT_FORBIDDEN':
      return `${at} does not allow ${action.endsWith('push') ? 'pushing' : 'reading'} with ${credentialName(remote)}`;
    case 'TY_GIT_REPO_NOT_FOUND':
      return `no repository found at ${remote?.url.url ?? at} with ${credentialName(remote)}`;
    case 'TY_GIT_TLS':
      return `the certificate of ${at} is not trusted`;
    case 'TY_GIT_REDIRECT':
      return `${at} redirects elsewhere`;
    case 'TY_GIT_UNREACHABLE':
      return `${at} did not answer as a Git server`;
    case 'TY_PUSH_PROTECTED':
      return `${at} refused the push`;
    case 'TY_LFS_QUOTA':
      return `the LFS store of ${at} has no room`;
    case 'TY_LFS_OBJECT_MISSING':
      return `the LFS store of ${at} lacks an object`;
    default:
      return `git failed at ${at}`;
  }
}

function credentialName(remote: Remote | null): string {
  return remote?.credential == null ? 'no credential' : `credential "${remote.credential.name}"`;
}

function fixOf(code: ErrorCode, remote: Remote | null, host: string | null): { readonly fix?: string } {
  if (host === null) return {};
  const name = remote?.credential?.name;
  if (code === 'TY_GIT_AUTH') return { fix: `trainyard credential set ${name ?? 'NAME'} --host ${host}` };
  if (code === 'TY_GIT_TLS') return { fix: `trainyard credential trust ${host}` };
  return {};
}
