import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A control group that kills what takes more memory than it may. */
export interface MemoryLimit {
  /** The file into which a process writes its pid to be held to the limit. */
  readonly members: string;
  /** Whether the kernel has killed something in it. */
  wasHit(): boolean;
  remove(): void;
}

const ROOT = '/sys/fs/cgroup';

/**
 * Makes a control group, under version 1 or 2 of the kernel's interface. Throws, saying so, where neither may be
 * written: a container whose limit is not kept would hide what the limit is for.
 */
export function limitMemory(name: string, bytes: number): MemoryLimit {
  const old = existsSync(join(ROOT, 'memory', 'memory.limit_in_bytes'));
  const folder = old ? join(ROOT, 'memory', name) : join(ROOT, name);
  try {
    if (!old) writeFileSync(join(ROOT, 'cgroup.subtree_control'), '+memory');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, old ? 'memory.limit_in_bytes' : 'memory.max'), String(bytes));
  } catch (error) {
    throw new Error(`this machine lets nobody limit memory: ${folder} cannot be written (${String(error)})`, {
      cause: error,
    });
  }
  const count = join(folder, old ? 'memory.oom_control' : 'memory.events');
  return {
    members: join(folder, 'cgroup.procs'),
    wasHit: () => /^oom_kill [1-9]/m.test(readFileSync(count, 'utf8')),
    remove() {
      try {
        rmdirSync(folder);
      } catch {
        // Still busy: an empty group does no harm.
      }
    },
  };
}
