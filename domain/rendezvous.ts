/** Of the lines of a rank that waits: what it wrote last is what it does. */
const NOW = 3;

/** How PyTorch, Gloo and NCCL say that somebody does not answer; groups: host and port. */
const UNREACHED: readonly RegExp[] = [
  /client socket has (?:failed to connect to|timed out after \S+ (?:while trying to connect|seconds trying to connect) to) \[?([\w.-]+)\]?:(\d+)/,
  /client socket has timed out after .* trying to connect to \(([\w.-]+), (\d+)\)/,
  /network addresses of \(([\w.-]+), (\d+)\) cannot be retrieved/,
  /connect to \[?([\w.:-]+?)\]?<(\d+)> failed/,
  /SO_ERROR: [^,]+, remote=\[([^\]]+)\]:(\d+)/,
  /(?:could not|cannot|failed to|unable to) (?:connect to|reach) \[?([\w.-]+)\]?:(\d+)/i,
];

/** The one that listens, and for whom nobody comes. */
const ALONE = /(\d+)\/(\d+) clients joined/;

/** Where a rank tried to go in vain, as its own lines have it: `host:port`; `null` = they say no such thing. */
export function unreachedBy(lines: readonly string[]): string | null {
  for (const line of lines.toReversed()) {
    for (const pattern of UNREACHED) {
      const [, host, port] = pattern.exec(line) ?? [];
      if (host !== undefined && port !== undefined) return `${host}:${port}`;
    }
  }
  return null;
}

/**
 * Which rank waits in vain for which address, for a job all of whose ranks run; `null` = the lines do not say so. Only
 * words of the ranks themselves count: a rank that says nothing may as well be at work.
 */
export function missedRendezvous(lastLines: Readonly<Record<string, readonly string[]>>): string | null {
  const waiting = Object.entries(lastLines).map(([name, lines]) => ({ name, lines: lines.slice(-NOW) }));
  for (const { name, lines } of waiting) {
    const address = unreachedBy(lines);
    if (address !== null) return `${spoken(name)} cannot reach ${address}`;
  }
  for (const { name, lines } of waiting) {
    const [, came, all] = lines.map((line) => ALONE.exec(line)).find((match) => match !== null) ?? [];
    if (came !== undefined && all !== undefined) return `${came} of ${all} ranks have come to ${spoken(name)}`;
  }
  return null;
}

/** What is known of a job all of whose ranks run; times in milliseconds. */
export interface QuietRanks {
  readonly runningSince: number;
  /** When any of them last wrote a line or a metric; 0 = never. */
  readonly wrote: number;
  readonly now: number;
  /** Where they meet, as `host:port`; `null` = it is not known. */
  readonly address: string | null;
}

/** Programs say a word or two as they begin. */
const BEGINNING_MS = 30_000;
/** Long beyond what loading a framework takes, and what a log may be read late. */
const QUIET_MS = 600_000;

/**
 * A hint where all ranks run and none has said a word since it began: they may be waiting for each other, or just be
 * slow. It ends nothing. `null` = somebody has said something, or it is too early to wonder.
 */
export function quietStart({ runningSince, wrote, now, address }: QuietRanks): string | null {
  if (now - runningSince <= QUIET_MS || wrote > runningSince + BEGINNING_MS) return null;
  const since = `every rank runs, and none has written anything for ${QUIET_MS / 60_000} min since it began`;
  const where = address === null ? 'rank 0' : address;
  return `${since}; if they wait for each other, look whether each of them can reach ${where}`;
}

/** `worker-3` → `worker rank 3`. */
function spoken(name: string): string {
  return name.replace(/-(\d+)$/, ' rank $1');
}
