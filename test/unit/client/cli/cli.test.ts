import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../../../client/cli/cli.ts';
import { TREE } from '../../../../client/cli/tree.ts';

async function cli(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await runCli(argv, {
    streams: { stdin: new PassThrough(), stdout, stderr },
    env: { HOME: '/nowhere' },
    cwd: '/nowhere',
    version: '1.2.3',
    signal: new AbortController().signal,
    compose: () => Promise.reject(new Error('a test composes nothing')),
  });
  const text = (stream: PassThrough): string => (stream.read() as Buffer | null)?.toString() ?? '';
  return { code, out: text(stdout), err: text(stderr) };
}

describe('the command line', () => {
  it.each([
    ['an unknown command', ['rnu'], 'there is no command "rnu"', 'did you mean run?'],
    ['an unknown command of a group', ['run', 'strat'], 'there is no command "strat"', 'did you mean start?'],
    ['an unknown option', ['run', 'start', '--wacth'], 'there is no option --wacth', 'did you mean --watch?'],
    ['a missing argument', ['completion'], 'the argument SHELL is missing', 'trainyard completion --help'],
    ['a missing value', ['run', 'start', '--file'], 'the option --file needs a value', 'trainyard run start --help'],
    [
      'a value that is none of the choices',
      ['run', 'list', '--status', 'x'],
      '--status must be one of running',
      'trainyard run list --help',
    ],
    ['too many arguments', ['version', 'x'], 'too many arguments', 'trainyard version --help'],
    [
      'a form that does not exist',
      ['version', '-o', 'xml'],
      '--output must be one of table, json, yaml, name',
      'trainyard version --help',
    ],
    ['a group alone', ['run'], 'name a command', 'start, list'],
    ['a number that is none', ['dev', '--port', 'many'], '--port cannot be "many"', 'where: --port'],
  ])('refuses %s with 2, the four parts and help', async (_what, argv, message, hint) => {
    const { code, out, err } = await cli(...argv);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(message);
    expect(err).toContain(hint);
    expect(
      err
        .split('\n')
        .map((line) => /^(error\[TY_CLI_USAGE\]|where|why|fix):/.exec(line)?.[1])
        .filter(Boolean),
    ).toEqual(['error[TY_CLI_USAGE]', 'where', 'why', 'fix']);
  });

  it('gives errors as JSON on standard error with -o json', async () => {
    const { code, out, err } = await cli('rnu', '-o', 'json');
    expect([code, out]).toEqual([2, '']);
    expect(JSON.parse(err)).toMatchObject({ code: 'TY_CLI_USAGE', where: 'trainyard', retryable: false });
  });

  it('prints its version', async () => {
    expect(await cli('--version')).toEqual({ code: 0, out: '1.2.3\n', err: '' });
    expect(JSON.parse((await cli('version', '-o', 'json')).out)).toMatchObject({ version: '1.2.3' });
  });

  it('prints help on standard output when asked, and ends with 2 when nothing was asked', async () => {
    const help = await cli('run', 'start', '--help');
    expect(help).toMatchObject({ code: 0, err: '' });
    expect(help.out).toContain('Examples:');
    expect((await cli()).code).toBe(2);
  });

  it('speaks Chinese, titles of the help too', async () => {
    const { out } = await cli('run', 'start', '--help', '--lang', 'zh');
    expect(out).toContain('按规格启动一次运行');
    expect(out).not.toMatch(/^(Usage|Options|Arguments|Global options|Examples):/m);
  });

  it('explains every code offline, and names the near one', async () => {
    expect((await cli('explain', 'ty-push-protected', '--lang', 'zh')).out).toContain('服务器拒绝了推送');
    expect((await cli('explain', 'TY_PUSH_PROTECTD')).err).toContain('trainyard explain TY_PUSH_PROTECTED');
    expect((await cli('explain', '-o', 'name')).out.split('\n')).toContain('TY_INTERNAL');
  });

  it.each(TREE.map((entry) => [entry.path.join(' '), entry] as const))(
    'has three examples and loadable code: %s',
    async (_name, entry) => {
      expect(entry.examples).toHaveLength(3);
      expect(await entry.load()).toHaveProperty('run');
    },
  );
});
