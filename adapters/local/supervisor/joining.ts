import { readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { processTable } from '../process-table.ts';
import type { Rank } from './rank.ts';

/** What can be seen of a rendezvous from outside the ranks. */
export interface Rendezvous {
  /** Whether anybody has been seen listening on its port. */
  opened: boolean;
}

const LISTENING = '0A';
const ESTABLISHED = '01';

/**
 * Marks the ranks that have a connection to the rendezvous' port open. Ranks meet at a TCP store there, to which each of
 * them, the one that holds it too, stays connected; the kernel's tables say so on Linux. True if any rank was new.
 */
export function noteJoined(ranks: readonly Rank[], port: number, seen: Rendezvous): boolean {
  const waiting = ranks.filter((rank) => !rank.record.joined && rank.record.finishedAt === null);
  if (waiting.length === 0 || process.platform !== 'linux') return false;
  const { listening, connected } = socketsAt(port);
  if (listening) seen.opened = true;
  if (connected.size === 0) return false;
  const table = processTable();
  let changed = false;
  for (const rank of waiting) {
    const members = table.filter((row) => row.group === rank.record.pid);
    if (!members.some((row) => holdsSocket(row.pid, connected))) continue;
    rank.record = { ...rank.record, joined: true };
    changed = true;
  }
  return changed;
}

/** What a job that is still starting waits for. */
export function waitsFor(ranks: readonly Rank[]): string | null {
  const waiting = ranks.filter((rank) => !rank.record.joined && rank.record.finishedAt === null);
  if (waiting.length === 0) return null;
  return `waits for ${waiting.map(({ record }) => `${record.role} rank ${record.rank}`).join(', ')} to join`;
}

export function hasOutput(rank: Rank): boolean {
  return logBytes(rank) > 0;
}

export function logBytes(rank: Rank): number {
  return statSync(rank.plan.log, { throwIfNoEntry: false })?.size ?? 0;
}

interface Sockets {
  readonly listening: boolean;
  /** Inodes of the sockets connected to the port. */
  readonly connected: ReadonlySet<string>;
}

function socketsAt(port: number): Sockets {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const connected = new Set<string>();
  let listening = false;
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readLines(file)) {
      const [, local, remote, state, , , , , , inode] = line.trim().split(/\s+/);
      if (local === undefined || remote === undefined || inode === undefined) continue;
      if (state === LISTENING && local.endsWith(suffix)) listening = true;
      if (state === ESTABLISHED && remote.endsWith(suffix)) connected.add(inode);
    }
  }
  return { listening, connected };
}

function readLines(file: string): readonly string[] {
  try {
    return readFileSync(file, 'latin1').split('\n').slice(1);
  } catch {
    return [];
  }
}

function holdsSocket(pid: number, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(readLink(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode !== undefined && inodes.has(inode);
    });
  } catch {
    return false;
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
