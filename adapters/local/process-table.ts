import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

/** One process as the system lists it. Zombies are left out: they run nothing. */
export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Opaque start time: with the pid it names one process for ever, also across a reboot. */
  readonly started: string;
  /** CPU time used so far, seconds. */
  readonly cpuSeconds: number;
}

/** `USER_HZ` is 100 on every Linux that Node runs on; /proc counts in it. */
const TICKS_PER_SECOND = 100;
const onLinux = process.platform === 'linux';
let bootId: string | undefined;

/** The row of one process; `null` when it is gone or a zombie. */
export function processRow(pid: number): ProcessRow | null {
  if (!onLinux) return listWithPs(['-p', String(pid)])[0] ?? null;
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return null;
  }
}

/** Every process this user may see. */
export function processTable(): readonly ProcessRow[] {
  if (!onLinux) return listWithPs(['-A']);
  const rows: ProcessRow[] = [];
  for (const pid of numericEntries()) {
    const row = processRow(pid);
    if (row !== null) rows.push(row);
  }
  return rows;
}

/** Pids whose environment holds `NAME=value`. Linux only; elsewhere none are found. */
export function markedProcesses(name: string, value: string): readonly number[] {
  if (!onLinux) return [];
  const mark = `\0${name}=${value}\0`;
  const found: number[] = [];
  for (const pid of numericEntries()) {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
      if (`\0${environment}\0`.includes(mark) && processRow(pid) !== null) found.push(pid);
    } catch {
      // gone meanwhile, or another user's
    }
  }
  return found;
}

/** Resident memory of a process, bytes; 0 when it is gone. `exact` counts shared pages by their share. */
export function residentBytes(pid: number, exact = false): number {
  const [file, field] = exact
    ? (['smaps_rollup', /^Pss:\s+(\d+) kB/m] as const)
    : (['status', /^VmRSS:\s+(\d+) kB/m] as const);
  try {
    const kib = field.exec(readFileSync(`/proc/${pid}/${file}`, 'latin1'))?.[1];
    return kib === undefined ? 0 : Number(kib) * 1024;
  } catch {
    return 0;
  }
}

function numericEntries(): readonly number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/** The second field is the program's name in brackets and may itself hold spaces and brackets. */
function parseStat(text: string): ProcessRow | null {
  const rest = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parent, group] = rest;
  const started = rest[19];
  if (started === undefined || state === 'Z' || state === 'X') return null;
  bootId ??= readBootId();
  return {
    pid: Number.parseInt(text, 10),
    parent: Number(parent),
    group: Number(group),
    started: `${bootId}-${started}`,
    cpuSeconds: (Number(rest[11]) + Number(rest[12])) / TICKS_PER_SECOND,
  };
}

function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8);
  } catch {
    return 'boot';
  }
}

/** `ps` lists pid, parent, group, state, CPU time and start time on macOS and the BSDs. */
function listWithPs(selection: readonly string[]): readonly ProcessRow[] {
  const rows: ProcessRow[] = [];
  for (const line of runPs(selection).split('\n')) {
    const [pid, parent, group, state, time, ...started] = line.trim().split(/\s+/);
    if (started.length === 0 || state === undefined || state.startsWith('Z')) continue;
    const cpuSeconds = (time ?? '').split(/[:-]/).reduce((sum, part) => sum * 60 + Number(part), 0);
    rows.push({
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      started: started.join('_'),
      cpuSeconds,
    });
  }
  return rows;
}

function runPs(selection: readonly string[]): string {
  try {
    const argv = [...selection, '-o', 'pid=,ppid=,pgid=,stat=,time=,lstart='];
    return execFileSync('ps', argv, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
    });
  } catch {
    return '';
  }
}
