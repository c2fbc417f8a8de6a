export type RepoScheme = 'https' | 'http' | 'ssh' | 'file';

/** A repository's address, taken apart. Holds no secret: addresses with one are refused. */
export interface RepoUrl {
  readonly scheme: RepoScheme;
  /** Lower case `host` or `host:port`; empty for files. */
  readonly host: string;
  /** Decoded absolute path for files; else the path as written. */
  readonly path: string;
  /** The one spelling that git is given. */
  readonly url: string;
}

export type ParsedRepoUrl =
  | { readonly ok: true; readonly value: RepoUrl }
  | { readonly ok: false; readonly fault: string };

const MAX_LENGTH = 2048;
const HOST = String.raw`(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?`;
const NET = new RegExp(`^(https?|ssh)://(?:([^/]*)@)?(${HOST})(/.*)$`, 'i');
const SCP = /^([A-Za-z0-9_][A-Za-z0-9._-]*)@([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?):([^:]+)$/;
const USER = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;
const DEFAULT_PORT: Readonly<Record<string, string>> = { https: ':443', http: ':80', ssh: ':22' };

/**
 * Takes an address apart: `https://`, `http://`, `ssh://`, `user@host:path`, `file://` or an absolute path.
 * Stricter than a URL parser on purpose, because git reads the text itself and must read it the same way.
 */
export function parseRepoUrl(value: string): ParsedRepoUrl {
  if (value === '') return refuse('is empty');
  if (value.length > MAX_LENGTH) return refuse(`is longer than ${MAX_LENGTH} characters`);
  if (!value.isWellFormed()) return refuse('is not valid Unicode');
  if (/[\u0000-\u001f\u007f]/.test(value)) return refuse('holds a control character');
  if (value.includes('\\')) return refuse('holds a backslash');
  if (value.startsWith('-')) return refuse('starts with "-"');
  if (value.startsWith('/') || /^file:/i.test(value)) return parseFile(value);
  if (/^(https?|ssh):\/\//i.test(value)) return parseNet(value);
  const scp = SCP.exec(value);
  if (scp !== null) return parseScp(scp[1] ?? '', scp[2] ?? '', scp[3] ?? '');
  if (/^[A-Za-z0-9+.-]+::/.test(value)) return refuse('names a remote helper');
  return refuse('is not an https://, ssh:// or file:// address, nor an absolute path');
}

/** Why an address is refused; `null` if it is well formed. Says nothing about being allowed here. */
export function checkRepoUrl(value: string): string | null {
  const parsed = parseRepoUrl(value);
  return parsed.ok ? null : parsed.fault;
}

/**
 * Whether settings let an address be used: https and ssh always, http where `host:port` is listed, files
 * below a listed folder. Compares names only; an adapter resolves links before it trusts a folder.
 */
export function isRepoUrlAllowed(url: RepoUrl, allow: readonly string[]): boolean {
  if (url.scheme === 'https' || url.scheme === 'ssh') return true;
  if (url.scheme === 'http') return allow.some((item) => item.toLowerCase() === url.host);
  return allow.some((item) => item.startsWith('/') && isBelow(url.path, item));
}

/** Whether a path is a folder or lies below it. Both absolute, without `..`. */
export function isBelow(path: string, folder: string): boolean {
  const base = folder.replace(/\/+$/, '');
  return path === base || path.startsWith(`${base}/`);
}

function parseNet(value: string): ParsedRepoUrl {
  const match = NET.exec(value);
  const scheme = value.slice(0, value.indexOf(':')).toLowerCase() as RepoScheme;
  if (match === null) return refuse('has no host, no path, or a host that is not one');
  const [, , user, host = '', path = ''] = match;
  if (user !== undefined && scheme !== 'ssh') return refuse('holds a user name or password');
  if (user?.includes(':') === true) return refuse('holds a password');
  if (user !== undefined && !USER.test(user)) return refuse('has a user name that is not one');
  const fault = checkNetPath(path);
  if (fault !== null) return refuse(fault);
  const lower = canonicalHost(scheme, host);
  const login = user === undefined ? '' : `${user}@`;
  return { ok: true, value: { scheme, host: lower, path, url: `${scheme}://${login}${lower}${path}` } };
}

function parseScp(user: string, host: string, path: string): ParsedRepoUrl {
  const fault = checkNetPath(path.startsWith('/') ? path : `/${path}`);
  if (fault !== null) return refuse(fault);
  const lower = host.toLowerCase();
  // Kept in its own form: `ssh://host/x` is absolute on the server, `host:x` is not.
  return { ok: true, value: { scheme: 'ssh', host: lower, path, url: `${user}@${lower}:${path}` } };
}

function checkNetPath(path: string): string | null {
  if (/[\s"'`$<>{}|^]/.test(path)) return 'has a path with spaces, quotes or shell signs';
  if (/[?#]/.test(path)) return 'has a query or a fragment';
  if (/^\/+$/.test(path)) return 'names no repository';
  if (path.startsWith('/-')) return 'has a path that starts with "-"';
  const decoded = decode(path);
  if (decoded === null) return 'has a broken percent escape';
  if (/[\u0000-\u001f\u007f]/.test(decoded)) return 'holds a control character';
  return hasDots(decoded) ? 'has "." or ".." in its path' : null;
}

function parseFile(value: string): ParsedRepoUrl {
  const isUrl = !value.startsWith('/');
  if (isUrl && !/^file:\/\/\//i.test(value)) return refuse('names a host: use file:///path');
  const path = isUrl ? decode(value.slice('file://'.length)) : value;
  if (path === null) return refuse('has a broken percent escape');
  if (/[\u0000-\u001f\u007f]/.test(path)) return refuse('holds a control character');
  if (hasDots(path)) return refuse('has "." or ".." in its path');
  const clean = path.replace(/\/{2,}/g, '/').replace(/\/$/, '');
  if (clean === '') return refuse('names no repository');
  const url = `file://${clean.split('/').map(encodeURIComponent).join('/')}`;
  return { ok: true, value: { scheme: 'file', host: '', path: clean, url } };
}

function canonicalHost(scheme: RepoScheme, host: string): string {
  const lower = host.toLowerCase();
  const port = DEFAULT_PORT[scheme] ?? '';
  return port !== '' && lower.endsWith(port) ? lower.slice(0, -port.length) : lower;
}

function hasDots(path: string): boolean {
  return path.split('/').some((part) => part === '.' || part === '..');
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function refuse(fault: string): ParsedRepoUrl {
  return { ok: false, fault };
}
