import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A secret as a server that was told it may repeat it: as it is, as part of a URL, as base64, as a basic credential. */
export function spellingsOf(username: string, secret: string): readonly string[] {
  const pair = Buffer.from(`${username}:${secret}`).toString('base64');
  return [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64'), pair];
}

/** What gives a secret away, wherever it stands: its spellings, and what is left of it inside other base64. */
export function formsOf(username: string, secret: string): readonly string[] {
  // Inside longer base64 a text looks one of three ways; what its neighbours decide is cut off.
  const inside = [0, 1, 2].map((offset) => {
    const text = Buffer.from('x'.repeat(offset) + secret).toString('base64');
    return text.slice(offset === 0 ? 0 : 4, -4);
  });
  return [...spellingsOf(username, secret), ...inside];
}

export function hasAny(text: string, needles: readonly string[]): boolean {
  return needles.some((needle) => text.includes(needle));
}

/** A JSON text with what its base64 strings hold behind it: Temporal's payloads are such strings. */
export function withPayloads(json: string): string {
  const encoded = json.match(/"[A-Za-z0-9+/]{16,}={0,2}"/g) ?? [];
  return [json, ...encoded.map((text) => Buffer.from(text.slice(1, -1), 'base64').toString('latin1'))].join('\n');
}

/** Files below a folder that hold one of the needles, also inside the objects of bare repositories. */
export function filesWith(folder: string, needles: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    const info = lstatSync(path, { throwIfNoEntry: false });
    if (info?.isFile() === true && hasAny(readFileSync(path, 'latin1'), needles)) found.push(path);
    // Git compresses what it keeps: its objects are read through git.
    if (info?.isDirectory() === true && isBare(path) && hasAny(objectsOf(path), needles))
      found.push(`${path} (objects)`);
  }
  return found.toSorted();
}

function isBare(path: string): boolean {
  const names = readdirSync(path);
  return names.includes('HEAD') && names.includes('objects');
}

function objectsOf(gitDir: string): string {
  const env = {
    PATH: process.env['PATH'] ?? '',
    GIT_DIR: gitDir,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
  };
  const args = ['cat-file', '--batch', '--batch-all-objects', '--buffer'];
  return execFileSync('git', args, {
    env,
    encoding: 'latin1',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

export interface ProcessSamples {
  /** Command lines that were seen, each once. */
  readonly commands: ReadonlySet<string>;
  /** Command lines of processes whose arguments or environment held a needle. */
  readonly guilty: ReadonlySet<string>;
  stop(): void;
}

/** Looks at the arguments and the environment of every process, about every 20 ms. */
export function sampleProcesses(needles: readonly string[]): ProcessSamples {
  const commands = new Set<string>();
  const guilty = new Set<string>();
  const look = (): void => {
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
      const command = readQuietly(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
      commands.add(command);
      if (hasAny(command, needles) || hasAny(readQuietly(`/proc/${pid}/environ`), needles)) guilty.add(command);
    }
  };
  const timer = setInterval(look, 20);
  return { commands, guilty, stop: () => clearInterval(timer) };
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
