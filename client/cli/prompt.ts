import { createInterface } from 'node:readline/promises';
import type { ReadStream } from 'node:tty';
import { TrainyardError } from '../../domain/errors.ts';
import type { CommandContext } from './context.ts';
import { texts } from './messages/texts.ts';

/**
 * Asks yes or no on standard error. `--yes` answers yes; where nobody can be asked it throws `TY_CLI_USAGE`
 * naming the flag.
 */
export async function confirm(context: CommandContext, question: string, action: string): Promise<boolean> {
  if (context.yes) return true;
  const say = texts(context.lang);
  if (!context.interactive) {
    throw new TrainyardError('TY_CLI_USAGE', say('usage.needs', { action, flag: '--yes' }), {
      where: `trainyard ${action}`,
      why: say('usage.noTerminal'),
      fix: `trainyard ${action} --yes`,
    });
  }
  const lines = createInterface({ input: context.streams.stdin, output: context.streams.stderr });
  try {
    const answer = await lines.question(say('ask.yesNo', { question }), { signal: context.signal });
    return /^(y|yes|是)$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}

/** Everything on standard input, for instance a secret that is piped in. */
export async function readAll(context: CommandContext, limitBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of context.streams.stdin) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    size += bytes.length;
    if (size > limitBytes) {
      throw new TrainyardError('TY_CLI_USAGE', `standard input is longer than ${limitBytes} bytes`, { where: 'stdin' });
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Asks for a secret without showing it. Only on a terminal. */
export async function askSecret(context: CommandContext, question: string): Promise<string> {
  const { stdin, stderr } = context.streams;
  const terminal = stdin as ReadStream;
  stderr.write(question);
  terminal.setRawMode(true);
  terminal.setEncoding('utf8');
  try {
    return await typed(terminal);
  } finally {
    terminal.setRawMode(false);
    terminal.pause();
    stderr.write('\n');
  }
}

function typed(terminal: ReadStream): Promise<string> {
  return new Promise((done, fail) => {
    let secret = '';
    const finish = (end: () => void): void => {
      terminal.off('data', onData);
      end();
    };
    const onData = (data: Buffer | string): void => {
      for (const char of String(data)) {
        if (char === '\r' || char === '\n' || char === '\u0004') return finish(() => done(secret));
        // In raw mode Ctrl-C is a character like any other.
        if (char === '\u0003') return finish(() => fail(new DOMException('interrupted', 'AbortError')));
        secret = char === '\u007f' || char === '\b' ? secret.slice(0, -1) : secret + char;
      }
    };
    terminal.on('data', onData);
    terminal.resume();
  });
}
