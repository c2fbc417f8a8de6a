import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { TrainyardError } from '../../domain/errors.ts';
import type { RemoteRef } from '../../domain/plan.ts';
import { isBelow, isRepoUrlAllowed, parseRepoUrl } from '../../domain/repo-url.ts';
import type { RepoUrl } from '../../domain/repo-url.ts';
import type { CredentialFile } from '../../ports/credentials.ts';
import type { GitOptions } from './options.ts';

/** A remote that passed the policy, with what is needed to speak to it. */
export interface Remote {
  readonly url: RepoUrl;
  readonly credential: CredentialFile | null;
  readonly certificate: string | null;
  readonly insecure: boolean;
}

/** Checks address, permission and credential; nothing has been contacted yet. */
export async function openRemote(options: GitOptions, ref: RemoteRef): Promise<Remote> {
  const url = await allowedUrl(options, ref.url);
  if (url.scheme === 'file' || url.scheme === 'ssh') {
    // Passwords are for http; ssh has its keys and its agent.
    return { url, credential: null, certificate: null, insecure: false };
  }
  const credential = ref.credential === null ? null : await options.credentials.find(ref.credential);
  if (credential !== null && hostOf(credential.host, url.scheme) !== url.host) {
    throw new TrainyardError(
      'TY_GIT_CREDENTIAL_HOST',
      `credential "${credential.name}" is for ${credential.host}, not for ${url.host}`,
      {
        where: url.url,
        why: 'a credential is sent to its own host and port only',
        fix: `trainyard credential set ${credential.name} --host ${url.host}`,
      },
    );
  }
  return {
    url,
    credential,
    certificate: url.scheme === 'https' ? await options.credentials.trustedCertificate(url.host) : null,
    insecure: url.scheme === 'https' && options.insecureTls.some((host) => hostOf(host, 'https') === url.host),
  };
}

/** 32 hex digits that name a repository's folders. Repositories with SHA-256 ids have their own. */
export function repoDigest(url: RepoUrl, commit: string): string {
  const format = commit.length === 64 ? '#sha256' : '';
  return createHash('sha256').update(`${url.url}${format}`).digest('hex').slice(0, 32);
}

/** What must never be seen in an error text. Read only when there is one. */
export async function secretsOf(remote: Remote): Promise<readonly string[]> {
  if (remote.credential === null) return [];
  const text = await readFile(remote.credential.path, 'utf8').catch(() => '');
  const password = /^password=(.*)$/m.exec(text)?.[1] ?? '';
  const username = /^username=(.*)$/m.exec(text)?.[1] ?? '';
  return [`${username}:${password}`, password].filter((secret) => secret.length > 1);
}

/** A stored host in the spelling that addresses have: lower case, without the scheme's own port. */
function hostOf(host: string, scheme: RepoUrl['scheme']): string {
  return host.toLowerCase().replace(scheme === 'https' ? /:443$/ : /:80$/, '');
}

async function allowedUrl(options: GitOptions, text: string): Promise<RepoUrl> {
  const parsed = parseRepoUrl(text);
  if (!parsed.ok) {
    // The text is not repeated: what is wrong with it may be the password in it.
    throw new TrainyardError('TY_SPEC_URL', `the repository's address ${parsed.fault}`, {
      where: 'repository address',
    });
  }
  const url = parsed.value;
  if (!isRepoUrlAllowed(url, options.allow)) throw notAllowed(url);
  return url.scheme === 'file' ? await resolvedFolder(options, url) : url;
}

/** The address with every link in its path resolved, and still below an allowed folder. */
async function resolvedFolder(options: GitOptions, url: RepoUrl): Promise<RepoUrl> {
  const real = await realpath(url.path).catch(() => {
    throw new TrainyardError('TY_GIT_REPO_NOT_FOUND', `there is no repository at ${url.path}`, { where: url.url });
  });
  const folders = await Promise.all(
    options.allow.filter((item) => item.startsWith('/')).map((item) => realpath(item).catch(() => item)),
  );
  if (!folders.some((folder) => isBelow(real, folder))) throw notAllowed(url);
  const parsed = parseRepoUrl(real);
  if (!parsed.ok)
    throw new TrainyardError('TY_SPEC_URL', `the repository's folder ${parsed.fault}`, { where: url.url });
  return parsed.value;
}

function notAllowed(url: RepoUrl): TrainyardError {
  const item = url.scheme === 'file' ? url.path : url.host;
  return new TrainyardError('TY_GIT_HOST_NOT_ALLOWED', `${url.scheme} is not allowed for ${item}`, {
    where: url.url,
    why: 'plain http and file addresses are used only where the settings list them',
    fix: `add "${item}" to git.allow in ~/.config/trainyard/config.yaml`,
  });
}
