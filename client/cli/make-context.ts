import type { Settings } from '../../spec/settings.ts';
import type { FoundSettings } from '../sdk/settings-files.ts';
import type { CliHost } from './cli.ts';
import type { CommandContext, Composition, Ports } from './context.ts';
import type { Globals } from './globals.ts';
import { wantsColour } from './terminal/colour.ts';
import type { CommandEntry } from './tree.ts';

interface Making {
  readonly entry: CommandEntry;
  readonly globals: Globals;
  readonly host: CliHost;
  readonly directory: string;
}

/** A context, and what closes the connections it opened. */
export interface MadeContext {
  readonly context: CommandContext;
  close(): Promise<void>;
}

/** Builds what a command gets; whatever costs time is made on first use. Throws `TY_SETTINGS_INVALID`. */
export async function createContext({ entry, globals, host, directory }: Making): Promise<MadeContext> {
  const found = entry.bare === true ? null : await loadFound(globals, host, directory);
  const settings = (): Settings => {
    if (found === null) throw new Error(`${entry.path.join(' ')} reads no settings`);
    return found.settings;
  };
  const ports = once(async (): Promise<Ports> => (await host.compose()).createPorts(settings()));
  const composition = once(async (): Promise<Composition> => (await host.compose()).createComposition(settings()));
  const sdk = once(async () => {
    const { connect } = await import('../index.ts');
    return connect({
      directory,
      ...(globals.context === undefined ? {} : { context: globals.context }),
      readRecord: async (runId) => (await ports.get()).runFiles.readRecord(runId),
    });
  });
  const colourOf = (isTTY: boolean | undefined): boolean =>
    wantsColour({ off: globals.noColour, env: host.env, isTTY: isTTY === true });
  const context: CommandContext = {
    version: host.version,
    streams: host.streams,
    format: globals.format,
    lang: globals.lang,
    colour: colourOf(host.streams.stdout.isTTY),
    errorColour: colourOf(host.streams.stderr.isTTY),
    interactive: host.streams.stdin.isTTY === true && !globals.noInput,
    yes: globals.yes,
    quiet: globals.quiet,
    get settings() {
      return settings();
    },
    dev: found?.dev ?? null,
    env: host.env,
    directory,
    signal: host.signal,
    sdk: () => sdk.get(),
    workspace: async () => (await ports.get()).workspace,
    runFiles: async () => (await ports.get()).runFiles,
    credentials: async () => (await ports.get()).credentials,
    git: async () => (await ports.get()).git,
    publisher: async () => (await ports.get()).publisher,
    serving: async () => (await ports.get()).serving,
    composition: () => composition.get(),
  };
  const close = async (): Promise<void> => {
    await ports.close((made) => made.runFiles.close());
    await sdk.close((made) => made.close());
  };
  return { context, close };
}

async function loadFound(globals: Globals, host: CliHost, directory: string): Promise<FoundSettings> {
  const { readSettings } = await import('../sdk/settings-files.ts');
  return readSettings({
    directory,
    env: host.env,
    ...(globals.context === undefined ? {} : { context: globals.context }),
  });
}

interface Once<T> {
  get(): Promise<T>;
  /** Does nothing if it was never made, or could not be. */
  close(end: (made: T) => Promise<void>): Promise<void>;
}

function once<T>(make: () => Promise<T>): Once<T> {
  let made: Promise<T> | null = null;
  return {
    get: () => (made ??= make()),
    close: async (end) => {
      if (made === null) return;
      const value = await made.catch(() => null);
      if (value !== null) await end(value);
    },
  };
}
