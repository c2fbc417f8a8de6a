import { readFileSync } from 'node:fs';

/** Clock ticks a second that Linux shows to programs. */
const TICKS = 100;

/** Processor seconds of a process so far; `null` where the system does not tell. */
export function cpuOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  } catch {
    return null;
  }
}

/** Processor seconds of this process: worker, watcher and the bench's own client. */
export function ownCpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
