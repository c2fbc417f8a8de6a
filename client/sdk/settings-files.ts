import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseDevState } from '../../spec/dev-state.ts';
import type { DevState } from '../../spec/dev-state.ts';
import { loadSettings } from '../../spec/settings.ts';
import type { Settings } from '../../spec/settings.ts';

/** Where settings are looked for. */
export interface SettingsPlace {
  /** Absolute. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly context?: string;
}

/** Settings, and the running `trainyard dev` they come from, if one runs. */
export interface FoundSettings {
  readonly settings: Settings;
  readonly dev: DevState | null;
}

/** `~/.config/trainyard/config.yaml`. */
export function settingsPath(env: SettingsPlace['env']): string {
  return join(env['HOME'] || homedir(), '.config', 'trainyard', 'config.yaml');
}

/** Reads and merges everything that says how this machine is set up. Throws `TY_SETTINGS_INVALID`. */
export async function readSettings(place: SettingsPlace): Promise<FoundSettings> {
  const directory = resolve(place.directory);
  const [file, dev] = await Promise.all([readOptional(settingsPath(place.env)), readDevState(directory)]);
  const context = place.context === undefined ? {} : { context: place.context };
  return { settings: loadSettings({ env: place.env, file, dev, directory, ...context }), dev };
}

/** What a `trainyard dev` started in this folder left, if its process is still there. */
export async function readDevState(directory: string): Promise<DevState | null> {
  const text = await readOptional(join(directory, '.trainyard', 'dev.json'));
  const state = text === null ? null : parseDevState(text);
  return state !== null && isAlive(state.pid) ? state : null;
}

async function readOptional(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Someone else's process answers EPERM, and is alive.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
