import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MAIN = join(import.meta.dirname, '..', '..', 'client', 'cli', 'main.ts');
/** Runs a program on a terminal of its own, and passes on how it ended. */
const PTY = 'import os,pty,sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-cli-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: folder, TEMPORAL_ADDRESS: '127.0.0.1:1', ...more };
}

function execute(
  program: string,
  argv: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return new Promise((done) => {
    execFile(program, [...argv], { cwd: folder, env: environment(more) }, (error, out, err) => {
      done({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err });
    }).stdin?.end();
  });
}

const cli = (...argv: string[]): Promise<Ended> => execute(process.execPath, [MAIN, ...argv]);

function onTerminal(argv: readonly string[], typed = ''): Promise<{ code: number; shown: string }> {
  return new Promise((done, fail) => {
    const env = environment({ TERM: 'xterm' });
    const child = spawn('python3', ['-c', PTY, process.execPath, MAIN, ...argv], { cwd: folder, env });
    let shown = '';
    child.on('error', fail);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      // Typed when it is asked for: a terminal throws away what came before the program listens.
      if (typed !== '' && !shown.includes('[y/N]') && (shown + text).includes('[y/N]')) child.stdin.write(typed);
      shown += text;
    });
    child.on('close', (code) => done({ code: code ?? -1, shown }));
  });
}

describe('the command line as a process', () => {
  it('prints its version, and loads nothing of Temporal for it', async () => {
    const { code, out, err } = await cli('--version');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('writes a spec that passes its own dry run, and never over another', async () => {
    expect((await cli('init', '--recipe', 'command')).code).toBe(0);
    const dry = await cli('run', 'start', '--dry-run', '-o', 'json');
    expect(dry.code).toBe(0);
    expect(JSON.parse(dry.out)).toMatchObject({ spec: { name: 'my-model' }, commands: expect.any(Array) });
    await writeFile(join(folder, 'trainyard.yaml'), 'mine\n');
    const again = await cli('init');
    expect(again).toMatchObject({ code: 2, out: '' });
    expect(again.err).toContain('trainyard init --force');
    expect(await readFile(join(folder, 'trainyard.yaml'), 'utf8')).toBe('mine\n');
  });

  it('says within seconds that no server answers, with 9 and what to start', async () => {
    const { code, out, err } = await cli('run', 'list');
    expect({ code, out }).toEqual({ code: 9, out: '' });
    expect(err).toContain('error[TY_TEMPORAL_UNREACHABLE]');
    expect(err).toContain('where: 127.0.0.1:1');
    expect(err).toContain('ECONNREFUSED');
    expect(err).toContain('trainyard dev');
  });

  it('explains errors although the settings are broken', async () => {
    const home = await mkdtemp(join(folder, 'home-'));
    const settings = join(home, '.config', 'trainyard', 'config.yaml');
    await mkdir(join(home, '.config', 'trainyard'), { recursive: true });
    await writeFile(settings, 'workspce: x\n');
    const broken = await execute(process.execPath, [MAIN, 'run', 'list'], { HOME: home });
    expect(broken).toMatchObject({ code: 2 });
    expect(broken.err).toContain('TY_SETTINGS_INVALID');
    expect(broken.err).toContain('workspace');
    expect((await execute(process.execPath, [MAIN, 'explain', 'TY_SETTINGS_INVALID'], { HOME: home })).code).toBe(0);
  });

  it('speaks the language of the environment', async () => {
    const { err } = await execute(process.execPath, [MAIN, 'rnu'], { LANG: 'zh_CN.UTF-8' });
    expect(err).toContain('没有命令“rnu”');
  });

  it('stays quiet when its reader has seen enough', async () => {
    const { code, err } = await execute('sh', ['-c', `"${process.execPath}" "${MAIN}" explain -o json | head -c 10`]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });
});

describe('the command line on a terminal', () => {
  it('has colour there, and none in a pipe', async () => {
    expect((await onTerminal(['explain', 'TY_DISK_FULL'])).shown).toContain('\u001b[1mTY_DISK_FULL');
    expect((await cli('explain', 'TY_DISK_FULL')).out).not.toContain('\u001b');
    expect((await onTerminal(['explain', 'TY_DISK_FULL', '--no-color'])).shown).not.toContain('\u001b');
  });

  it('asks before it overwrites, and takes no for an answer', async () => {
    await writeFile(join(folder, 'trainyard.yaml'), 'mine\n');
    const no = await onTerminal(['init'], 'n\n');
    expect(no.shown).toContain('Overwrite it?');
    expect(no.code).toBe(3);
    expect(await readFile(join(folder, 'trainyard.yaml'), 'utf8')).toBe('mine\n');
    expect((await onTerminal(['init'], 'y\n')).code).toBe(0);
    expect(await readFile(join(folder, 'trainyard.yaml'), 'utf8')).toContain('recipe:');
  });

  it('asks nothing with --no-input', async () => {
    await writeFile(join(folder, 'trainyard.yaml'), 'mine\n');
    expect(await onTerminal(['init', '--no-input'])).toMatchObject({ code: 2 });
  });
});
