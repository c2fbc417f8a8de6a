interface LockEntry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface Lock {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

export function missingOptionals(
  lock: Lock,
): readonly { readonly name: string; readonly version: string; readonly dev: boolean }[];
export function completeLock(lock: Lock): Lock;
