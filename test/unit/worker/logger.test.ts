import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TrainyardError } from '../../../domain/errors.ts';
import { createLogger, type Logger } from '../../../worker/logger.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-logger-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** What a logger with a file writes into it. */
async function written(log: (logger: Logger) => void): Promise<string> {
  const file = join(folder, 'deep', 'worker.log');
  log(createLogger({ level: 'info', file }));
  // It is opened and written behind the caller's back.
  return vi.waitFor(async () => {
    const text = await readFile(file, 'utf8');
    expect(text).toMatch(/\n$/);
    return text;
  });
}

describe('createLogger', () => {
  it('keeps values under the name of a secret out of the file, wherever they stand', async () => {
    const meta = {
      token: 'abc1',
      git: { password: 'abc2', http: { authorization: 'abc3', headers: { apiKey: 'abc4' } } },
    };
    const text = await written((logger) => logger.info(meta, 'hello'));
    expect(text).not.toContain('abc');
    expect(JSON.parse(text)).toMatchObject({ msg: 'hello', token: '[redacted]', git: { password: '[redacted]' } });
  });

  it.each(['error', 'err'])('keeps message, stack and cause of an error under "%s"', async (key) => {
    const failure = new Error('worker failed', { cause: new Error('poll refused') });
    const line: unknown = JSON.parse(await written((logger) => logger.error({ [key]: failure }, 'Worker failed')));
    expect(line).toMatchObject({
      msg: 'Worker failed',
      [key]: {
        message: expect.stringContaining('worker failed'),
        stack: expect.stringMatching(/logger\.test[^]*poll refused/),
      },
    });
  });

  it('keeps the code of an error, and no secret that hangs on it', async () => {
    const failure = Object.assign(new TrainyardError('TY_GIT_FAILED', 'git said no'), {
      token: 'abc',
      headers: { token: 'abc' },
    });
    const text = await written((logger) => logger.error({ error: failure }, 'x'));
    expect(text).toContain('TY_GIT_FAILED');
    expect(text).not.toContain('abc');
  });
});
