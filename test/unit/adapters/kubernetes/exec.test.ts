import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { execInPod } from '../../../../adapters/kubernetes/exec.ts';
import type { ExecRequest } from '../../../../adapters/kubernetes/exec.ts';
import { startChannelServer } from '../../../support/channel-server.ts';
import type { ChannelServer, ServedChannels } from '../../../support/channel-server.ts';

const OK = JSON.stringify({ status: 'Success' });
const exitStatus = (code: string): string =>
  JSON.stringify({
    status: 'Failure',
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: code }] },
  });

let server: ChannelServer | null = null;

afterEach(async () => {
  await server?.close();
  server = null;
});

async function exec(accept: (served: ServedChannels) => number | undefined | void, over: Partial<ExecRequest> = {}) {
  server = await startChannelServer(accept);
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const request: ExecRequest = {
    namespace: 'ml',
    pod: 'toy-t1-0',
    container: 'train',
    command: ['sh', '-c', 'echo $HOME & true'],
    stdin: null,
    stdout,
    stderr,
    terminal: null,
    signal: new AbortController().signal,
    ...over,
  };
  const code = await execInPod({ kubeconfig: server.kubeconfig, context: null }, request);
  stdout.end();
  stderr.end();
  return { code, out: await text(stdout), err: await text(stderr) };
}

describe('a command in a pod', () => {
  it('is asked for word by word, without a shell of ours, and both its streams arrive', async () => {
    const done = await exec((served) => {
      served.send(1, 'out');
      served.send(2, 'err');
      served.send(3, OK);
    });
    expect(done).toEqual({ code: 0, out: 'out', err: 'err' });
    const { pathname, searchParams } = server?.served[0]?.url ?? new URL('http://none');
    expect(pathname).toBe('/api/v1/namespaces/ml/pods/toy-t1-0/exec');
    expect(searchParams.getAll('command')).toEqual(['sh', '-c', 'echo $HOME & true']);
    expect(Object.fromEntries(searchParams)).toMatchObject({ container: 'train', stdout: 'true', stderr: 'true' });
    expect(searchParams.has('stdin')).toBe(false);
    expect(server?.tokens).toEqual(['Bearer cluster-token']);
  });

  it('gives its exit code, also where nothing was printed', async () => {
    expect(await exec((served) => served.send(3, exitStatus('42')))).toEqual({ code: 42, out: '', err: '' });
  });

  it('gets what is typed and is told when that ends', async () => {
    const stdin = new PassThrough();
    stdin.end('two\nlines\n');
    const done = await exec(
      (served) => {
        served.onMessage((channel, bytes) => {
          if (channel === 0) served.send(1, bytes);
          if (channel === 255) served.send(3, OK);
        });
      },
      { stdin },
    );
    expect(done.out).toBe('two\nlines\n');
    expect(server?.served[0]?.got.at(-1)).toEqual({ channel: 255, bytes: Buffer.of(0) });
  });

  it('is told the size of the terminal at first and whenever it changes', async () => {
    let changed: () => void = () => undefined;
    let columns = 80;
    const stdin = new PassThrough();
    const terminal = {
      now: () => ({ columns, rows: 24 }),
      onChange: (listener: () => void) => {
        changed = listener;
        return () => undefined;
      },
    };
    await exec(
      (served) => {
        served.onMessage((channel) => {
          if (channel === 4 && columns === 132) return served.send(3, OK);
          columns = 132;
          return setImmediate(() => changed());
        });
      },
      { stdin, terminal },
    );
    const sizes = server?.served[0]?.got.map(({ bytes }) => JSON.parse(bytes.toString()) as unknown);
    expect(sizes).toEqual([
      { Width: 80, Height: 24 },
      { Width: 132, Height: 24 },
    ]);
    expect(server?.served[0]?.url.searchParams.get('tty')).toBe('true');
    expect(server?.served[0]?.url.searchParams.has('stderr')).toBe(false);
  });

  it('loses nothing to a reader that is slow', async () => {
    const slow = new PassThrough({ highWaterMark: 1024 });
    const read = text(slow);
    const done = await exec(
      (served) => {
        for (let part = 0; part < 200; part += 1) served.send(1, 'x'.repeat(10_000));
        served.send(3, OK);
      },
      { stdout: slow },
    );
    slow.end();
    expect(done.code).toBe(0);
    expect((await read).length).toBe(2_000_000);
  });

  it.each([
    [403, { status: 403 }],
    [404, { status: 404 }],
  ])('that is refused with %i is an error that says so', async (status, expected) => {
    await expect(exec(() => status)).rejects.toMatchObject(expected);
  });

  it('whose connection breaks is an error, not a success', async () => {
    await expect(exec((served) => void setImmediate(() => served.close('abrupt')))).rejects.toMatchObject({
      reason: 'Closed',
    });
  });

  it('that cannot be started is an error with the words of the kubelet', async () => {
    const status = JSON.stringify({ status: 'Failure', reason: 'InternalError', message: 'exec: "foo": not found' });
    await expect(exec((served) => served.send(3, status))).rejects.toThrow('"foo": not found');
  });

  it('is left when the person has had enough', async () => {
    const controller = new AbortController();
    const left = exec((served) => served.send(1, 'x'), { signal: controller.signal });
    setImmediate(() => controller.abort());
    await expect(left).rejects.toMatchObject({ name: 'AbortError' });
  });
});
