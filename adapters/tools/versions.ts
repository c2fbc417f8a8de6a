/** The first dotted number in a program's answer; `null` if there is none. */
export function versionIn(text: string): string | null {
  return /\d+(?:\.\d+)+/.exec(text)?.[0] ?? null;
}

/** Whether a dotted version is the floor or newer. */
export function atLeast(version: string, floor: string): boolean {
  const have = version.split('.').map(Number);
  const want = floor.split('.').map(Number);
  for (const [index, wanted] of want.entries()) {
    const number = have[index] ?? 0;
    if (number !== wanted) return number > wanted;
  }
  return true;
}

/** Releases of git that carry the fix of CVE-2025-48384 (a carriage return in a path writes outside the tree). */
const GIT_FIXED = ['2.43.7', '2.44.4', '2.45.4', '2.46.4', '2.47.3', '2.48.2', '2.49.1', '2.50.1'];

/** Whether this upstream release of git has no known hole in what Trainyard uses. */
export function gitIsPatched(version: string): boolean {
  const [major, minor] = version.split('.');
  const series = GIT_FIXED.find((fixed) => fixed.startsWith(`${major}.${minor}.`));
  return series === undefined ? atLeast(version, '2.50.1') : atLeast(version, series);
}
