import { posix } from 'node:path';
import { TrainyardError } from '../../domain/errors.ts';

/** What was handed over: the last object to be written, so that what it lists is there. */
export interface Manifest {
  readonly schema: 1;
  readonly entries: readonly ManifestEntry[];
}

/** Paths are relative and below the key. */
export type ManifestEntry =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly bytes: number;
      readonly sha256: string;
      readonly executable: boolean;
    };

export const manifestKey = (key: string): string => `${key}/manifest.json`;
export const objectKey = (key: string, sha256: string): string => `${key}/objects/${sha256}`;

/** Throws `TY_HANDOVER_DAMAGED` for a text that is no manifest, and for a path that would leave the folder. */
export function parseManifest(text: string, where: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(where, `it is not JSON: ${String(error)}`);
  }
  const entries = field(value, 'entries');
  if (field(value, 'schema') !== 1 || !Array.isArray(entries)) throw damaged(where, 'it is of no form that is known');
  return { schema: 1, entries: entries.map((entry: unknown) => checked(entry, where)) };
}

function checked(entry: unknown, where: string): ManifestEntry {
  const path = field(entry, 'path');
  const kind = field(entry, 'kind');
  if (typeof path !== 'string' || !isInside(path)) throw damaged(where, `a path leaves it: ${String(path)}`);
  if (kind === 'folder') return { kind, path };
  if (kind === 'link') {
    const target = field(entry, 'target');
    if (typeof target === 'string' && staysInside(path, target)) return { kind, path, target };
    throw damaged(where, `a link leaves it: ${path}`);
  }
  const bytes = field(entry, 'bytes');
  const sha256 = field(entry, 'sha256');
  if (kind !== 'file' || !Number.isSafeInteger(bytes) || typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) {
    throw damaged(where, `an entry is none: ${path}`);
  }
  return { kind, path, bytes: Number(bytes), sha256, executable: field(entry, 'executable') === true };
}

function isInside(path: string): boolean {
  const parts = path.split('/');
  return path !== '' && !path.includes('\0') && parts.every((part) => part !== '' && part !== '.' && part !== '..');
}

/** Whether a relative link at this path leads to a place in the same top folder. */
export function staysInside(path: string, target: string): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return false;
  const [top = ''] = path.split('/');
  const joined = posix.join(posix.dirname(path), target);
  return joined === top || joined.startsWith(`${top}/`);
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (Reflect.get(value, name) as unknown) : undefined;
}

export function damaged(where: string, why: string): TrainyardError {
  return new TrainyardError('TY_HANDOVER_DAMAGED', 'what was handed over is not what its list says', { where, why });
}
