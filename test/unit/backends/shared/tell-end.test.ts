import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, existsSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TELL_END } from '../../../../backends/shared/replica-pods.ts';
import { REPLICA_PATHS } from '../../../../domain/replica-plan.ts';

describe('the shell that tells how a program ended', () => {
  let end: string;
  const script = (): string => TELL_END.replace(REPLICA_PATHS.end, end);
  const start = (...argv: readonly string[]) =>
    spawn('sh', ['-c', script(), 'sh', ...argv], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, PET_NODE_RANK: '3' },
    });

  beforeEach(() => {
    end = mkdtempSync(join(tmpdir(), 'ty-end-'));
    execFileSync('mkfifo', [join(end, 'alive')]);
  });

  afterEach(() => rmSync(end, { recursive: true, force: true }));

  it.each([0, 1, 42])('ends with the exit code %i of the program, and writes it down with the rank', async (code) => {
    const [status] = await once(start('sh', '-c', `exit ${code}`), 'exit');
    expect(status).toBe(code);
    expect(readFileSync(join(end, 'ended'), 'utf8')).toBe(`${code} 3\n`);
  });

  it('ends as one that was killed when the program was', async () => {
    const [status] = await once(start('sh', '-c', 'kill -9 $$'), 'exit');
    expect(status).toBe(137);
    expect(readFileSync(join(end, 'ended'), 'utf8')).toBe('137 3\n');
  });

  it('passes on the signal that asks it to end, and waits for what the program makes of it', async () => {
    const shell = start('sh', '-c', 'trap "echo saved; exit 7" TERM; echo ready; while :; do sleep 0.05; done');
    const said: string[] = [];
    shell.stdout.on('data', (data: Buffer) => said.push(data.toString()));
    await vi.waitFor(() => expect(said.join('')).toContain('ready'), { timeout: 20_000 });
    shell.kill('SIGTERM');
    const [status] = await once(shell, 'exit');
    expect(status).toBe(7);
    expect(said.join('')).toContain('saved');
  });

  it('says nothing of an end when the whole container is killed, and lets go of the pipe', async () => {
    // A container ends as a whole: here, as a group.
    const shell = spawn('sh', ['-c', script(), 'sh', 'sleep', '60'], { stdio: 'ignore', detached: true });
    await vi.waitFor(() => expect(existsSync(join(end, 'started'))).toBe(true), { timeout: 20_000 });
    process.kill(-(shell.pid ?? 0), 'SIGKILL');
    await once(shell, 'exit');
    const pipe = openSync(join(end, 'alive'), constants.O_RDONLY | constants.O_NONBLOCK);
    expect(readSync(pipe, Buffer.alloc(1))).toBe(0);
    closeSync(pipe);
    expect(existsSync(join(end, 'ended'))).toBe(false);
  });

  it('leaves the arguments of the program as they are', async () => {
    const shell = start('printf', '%s|', 'a b', '$HOME', "it's", '*');
    const said: string[] = [];
    shell.stdout.on('data', (data: Buffer) => said.push(data.toString()));
    await once(shell, 'close');
    expect(said.join('')).toBe("a b|$HOME|it's|*|");
  });
});
