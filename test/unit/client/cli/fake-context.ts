import { PassThrough } from 'node:stream';
import type { CommandContext } from '../../../../client/cli/context.ts';
import type { CommandInput } from '../../../../client/cli/input.ts';
import type { Trainyard } from '../../../../client/index.ts';
import type { RunView } from '../../../../domain/run-state.ts';
import { loadSettings } from '../../../../spec/settings.ts';

export interface FakeContext {
  readonly context: CommandContext;
  out(): string;
  err(): string;
}

interface Wish extends Partial<Omit<CommandContext, 'streams' | 'sdk'>> {
  readonly stdin?: string;
  readonly sdk?: Partial<Trainyard>;
}

/** A context without terminal, network and files; what a test does not give is refused when used. */
export function fakeContext({ stdin = '', sdk, ...wish }: Wish = {}): FakeContext {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const input = new PassThrough();
  input.end(stdin);
  const refuse = (name: string) => (): Promise<never> => Promise.reject(new Error(`the test gives no ${name}`));
  const context: CommandContext = {
    version: '0.0.0',
    streams: { stdin: input, stdout, stderr },
    format: 'table',
    lang: 'en',
    colour: false,
    errorColour: false,
    interactive: false,
    yes: false,
    quiet: false,
    settings: loadSettings({ env: {}, file: null, dev: null, directory: '/nowhere' }),
    dev: null,
    env: { HOME: '/nowhere', XDG_CACHE_HOME: '/dev/null/nowhere' },
    directory: '/nowhere',
    signal: new AbortController().signal,
    workspace: refuse('workspace'),
    runFiles: refuse('files of runs'),
    credentials: refuse('credentials'),
    git: refuse('git'),
    publisher: refuse('publisher'),
    serving: refuse('serving'),
    composition: refuse('composition'),
    sdk: sdk === undefined ? refuse('sdk') : () => Promise.resolve(sdk as Trainyard),
    ...wish,
  };
  const text = (stream: PassThrough): string => (stream.read() as Buffer | null)?.toString() ?? '';
  return { context, out: () => text(stdout), err: () => text(stderr) };
}

export function input(args: readonly string[] = [], options: Readonly<Record<string, unknown>> = {}): CommandInput {
  return { args, options };
}

/** A watch that gives these views and ends. */
export function watching(...views: readonly RunView[]): Trainyard['watch'] {
  return async function* () {
    yield* views;
  };
}
