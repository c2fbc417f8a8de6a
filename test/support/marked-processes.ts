import { readdirSync, readFileSync } from 'node:fs';

/**
 * Processes that belong to a workspace: those whose environment or arguments name it. Linux only, as are the
 * tests that count processes.
 */
export function markedProcesses(
  workspace: string,
  also: (command: string) => boolean = () => false,
): readonly { readonly pid: number; readonly command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && (isMarked(pid, workspace) || also(commandOf(pid))))
    .map((pid) => ({ pid, command: commandOf(pid) }));
}

function isMarked(pid: number, workspace: string): boolean {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
    const ours = variables.some((one) => /^TRAINYARD_(RUN_ID|SERVICE|JOB)=/.test(one));
    const args = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
    // A warm supervisor without a job belongs to its worker and ends with it.
    if (args.includes('--standby')) return false;
    const here = variables.some((one) => one.includes(`=${workspace}/`)) || args.includes(`${workspace}/`);
    return here && (ours || args.includes('supervisor') || args.includes('local_server'));
  } catch {
    return false;
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}
