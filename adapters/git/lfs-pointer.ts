/** What an LFS pointer file says. */
export interface LfsPointer {
  /** sha256, 64 hex digits. */
  readonly oid: string;
  readonly bytes: number;
}

/** Larger files are never pointers. */
export const MAX_POINTER_BYTES = 1024;

const POINTER =
  /^version (?:https:\/\/git-lfs\.github\.com\/spec\/v1|https:\/\/hawser\.github\.com\/spec\/v1|http:\/\/git-media\.io\/v\/2)\r?\n(?:ext-[^\n]*\n)*oid sha256:([0-9a-f]{64})\r?\nsize ([0-9]{1,19})\s*$/;

/** Reads a pointer; `null` if the text is something else. */
export function parsePointer(text: string): LfsPointer | null {
  const match = POINTER.exec(text);
  return match === null ? null : { oid: match[1] ?? '', bytes: Number(match[2]) };
}

/** The one text a pointer has. */
export function formatPointer(pointer: LfsPointer): string {
  return `version https://git-lfs.github.com/spec/v1\noid sha256:${pointer.oid}\nsize ${pointer.bytes}\n`;
}

/** Path of an object inside a repository's Git folder. */
export function objectPath(gitDir: string, oid: string): string {
  return `${gitDir}/lfs/objects/${oid.slice(0, 2)}/${oid.slice(2, 4)}/${oid}`;
}
