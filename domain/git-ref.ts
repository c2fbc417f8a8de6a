const MAX_LENGTH = 512;

/** What `git check-ref-format --allow-onelevel` refuses, each with the words for it. */
const RULES: readonly (readonly [fault: RegExp, text: string])[] = [
  [/^-/, 'starts with "-"'],
  [/[\u0000-\u001f\u007f]/, 'holds a control character'],
  [/ /, 'holds a space'],
  [/[~^:?*[\\]/, 'holds one of ~ ^ : ? * [ \\'],
  [/\.\./, 'holds ".."'],
  [/@\{/, 'holds "@{"'],
  [/^@$/, 'is "@"'],
  [/^\/|\/$|\/\//, 'starts or ends with "/", or holds "//"'],
  [/(^|\/)\./, 'has a part that starts with "."'],
  [/\.lock(\/|$)/, 'has a part that ends with ".lock"'],
  [/\.$/, 'ends with "."'],
];

/**
 * Why a text cannot be a branch, a tag, a full ref name or a commit id; `null` if it can.
 * Accepts what `git check-ref-format --allow-onelevel` accepts, less a leading dash.
 */
export function checkRef(value: string): string | null {
  if (value === '') return 'is empty';
  if (value.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  if (!value.isWellFormed()) return 'is not valid Unicode';
  return RULES.find(([fault]) => fault.test(value))?.[1] ?? null;
}

/**
 * Why a text cannot name a branch to push to; `null` if it can. The name is the short one: with `refs/`
 * in front, or as a bare commit id, it would mean something else to git.
 */
export function checkBranch(value: string): string | null {
  const fault = checkRef(value);
  if (fault !== null) return fault;
  if (value === 'HEAD') return 'is "HEAD"';
  if (value.startsWith('refs/')) return 'starts with "refs/"';
  return isCommitId(value) ? 'looks like a commit id' : null;
}

/** A full commit id: 40 (SHA-1) or 64 (SHA-256) lower-case hex digits. */
export function isCommitId(value: string): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(value);
}
