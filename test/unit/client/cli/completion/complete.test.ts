import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { complete } from '../../../../../client/cli/completion/complete.ts';
import { recentRuns, rememberRuns } from '../../../../../client/cli/completion/recent.ts';

let env: Record<string, string> = {};

beforeEach(async () => {
  env = { XDG_CACHE_HOME: await mkdtemp(join(tmpdir(), 'trainyard-cache-')) };
});

afterEach(() => rm(env['XDG_CACHE_HOME'] ?? '', { recursive: true, force: true }));

describe('complete', () => {
  it.each([
    [['ru'], ['run']],
    [['run', 'st'], ['start']],
    [['-q', 'run', 'wat'], ['watch']],
    [['run', 'start', '--dr'], ['--dry-run']],
    [['run', 'list', '--status', 'f'], ['failed']],
    [['run', 'list', '-o', 'y'], ['yaml']],
    [['run', 'start', '--file', 'x'], []],
    [['explain', 'TY_PUSH'], ['TY_PUSH_PROTECTED']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['run', 'nothing', ''], []],
    [['version', 'x'], []],
  ])('offers for %j %j', async (words, offered) => {
    expect(await complete(words, env)).toEqual(offered);
  });

  it('offers runs that were seen, without asking a server', async () => {
    await rememberRuns(['run-toy-a2b3c4', 'run-digits-a2b3c4'], env);
    expect(await complete(['run', 'get', 'run-d'], env)).toEqual(['run-digits-a2b3c4']);
    expect(await complete(['run', 'get', 'run-digits-a2b3c4', ''], env)).toEqual([]);
  });
});

describe('rememberRuns', () => {
  it('keeps the newest first, each once, and not for ever', async () => {
    await rememberRuns(
      Array.from({ length: 60 }, (_, index) => `run-${index}`),
      env,
    );
    await rememberRuns(['run-7', 'bad id\n'], env);
    const kept = await recentRuns(env);
    expect(kept).toHaveLength(50);
    expect(kept.slice(0, 2)).toEqual(['run-7', 'run-0']);
    expect(kept.filter((id) => id === 'run-7')).toHaveLength(1);
  });

  it('stops nobody when the cache cannot be written', async () => {
    await expect(rememberRuns(['run-a'], { XDG_CACHE_HOME: '/dev/null/nowhere' })).resolves.toBeUndefined();
  });
});
