import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWorkspace } from '../../../adapters/store/workspace-fs.ts';
import type { RunRecord } from '../../../domain/record.ts';
import type { RunFiles } from '../../../ports/run-files.ts';
import { loadSettings } from '../../../spec/settings.ts';
import type { SiteSettings } from '../../../spec/site-settings.ts';
import { remoteFiles, serveSiteFiles } from '../../../worker/site-files.ts';
import { startChannelServer } from '../../support/channel-server.ts';
import type { ChannelServer, ServedChannels } from '../../support/channel-server.ts';

const RUN = 'run-toy-a2b3c4';
/** More than one answer of the worker holds. */
const LARGE = 9 * 1024 * 1024;

let root = '';
let port = 0;
let served: Awaited<ReturnType<typeof serveSiteFiles>> = null;
let cluster: ChannelServer | null = null;
let files: RunFiles | null = null;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'trainyard-door-'));
  await mkdir(join(root, 'runs', RUN, 'logs', 'toy-t1'), { recursive: true });
  await writeFile(log(), 'one\n');
  await writeFile(join(root, 'runs', RUN, 'metrics.jsonl'), '{"step":1}\n');
  const workspace = createWorkspace({ root, minFreeBytes: 0, usage: () => Promise.resolve([]) });
  await workspace.writeRecord({ schema: 1, runId: RUN } as RunRecord);
  port = await freePort();
  served = await serveSiteFiles(siteOf({ root, files: { port } }), {}, () => undefined);
});

afterEach(async () => {
  await files?.close();
  await served?.close();
  await cluster?.close();
  [files, served, cluster] = [null, null, null];
  await rm(root, { recursive: true, force: true });
});

const log = (): string => join(root, 'runs', RUN, 'logs', 'toy-t1', 'worker-0.log');

interface SiteWish {
  readonly root?: string;
  readonly kubeconfig?: string;
  readonly files: Readonly<Record<string, unknown>>;
}

/** As the command line has it: on a machine that does not see the workspace. */
function siteOf({ root: at = '/nowhere/workspace', ...wish }: SiteWish): SiteSettings {
  const site = { ...wish, namespace: 'ml', workspace: { root: at, claim: 'shared' } };
  const { gpu } = loadSettings({ env: {}, file: JSON.stringify({ sites: { gpu: site } }), dev: null }).sites;
  if (gpu === undefined) throw new Error('there is no site');
  return gpu;
}

function reader(wish: SiteWish): RunFiles {
  const [only] = remoteFiles({ gpu: siteOf(wish) }, {});
  if (only === undefined) throw new Error('nobody can be asked');
  files = only;
  return only;
}

const over = (more: object = {}) => ({
  files: { url: `http://127.0.0.1:${port}`, tokenFile: join(root, 'files-token'), ...more },
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: free } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return free;
}

describe('files of runs from a machine that does not see the workspace', () => {
  it('are brought here as far as they have grown, and then what they gain', async () => {
    const far = reader(over());
    expect(await far.readRecord(RUN)).toMatchObject({ runId: RUN });
    const [first] = await far.logFiles(RUN);
    expect(first).toMatchObject({ job: 'toy-t1', role: 'worker', rank: 0, bytes: 4 });
    expect(first?.path.startsWith(root)).toBe(false);
    const metrics = (await far.metricsFile(RUN)) ?? '';
    expect(await readFile(metrics, 'utf8')).toBe('{"step":1}\n');
    await appendFile(join(root, 'runs', RUN, 'metrics.jsonl'), '{"step":2}\n');
    await far.metricsFile(RUN);
    expect(await readFile(metrics, 'utf8')).toBe('{"step":1}\n{"step":2}\n');
    await far.close();
    await expect(readFile(first?.path ?? '')).rejects.toThrow('ENOENT');
    await expect(readFile(dirname(metrics))).rejects.toThrow('ENOENT');
  });

  it('arrive whole when they are longer than one answer', async () => {
    const text = 'x'
      .repeat(99)
      .concat('\n')
      .repeat(LARGE / 100);
    await writeFile(log(), text);
    const [file] = await reader(over()).logFiles(RUN);
    expect(await readFile(file?.path ?? '', 'utf8')).toBe(text);
  });

  it('are written anew here where they were written anew there', async () => {
    const far = reader(over());
    const metrics = (await far.metricsFile(RUN)) ?? '';
    await writeFile(join(root, 'runs', RUN, 'metrics.jsonl'), 'anew\n');
    await far.metricsFile(RUN);
    expect(await readFile(metrics, 'utf8')).toBe('anew\n');
  });

  it('are nothing for a run that the worker does not know', async () => {
    const far = reader(over());
    expect(await far.readRecord('run-other')).toBeNull();
    expect(await far.logFiles('run-other')).toEqual([]);
    expect(await far.usage('run-other')).toEqual([]);
  });

  it('need the token: a wrong one, none at all and a dead worker each say what mends it', async () => {
    const wrong = join(root, 'wrong');
    await writeFile(wrong, 'w'.repeat(40), { mode: 0o600 });
    await expect(reader(over({ tokenFile: wrong })).readRecord(RUN)).rejects.toMatchObject({ code: 'TY_FILES_TOKEN' });
    await expect(reader(over({ tokenFile: undefined })).readRecord(RUN)).rejects.toMatchObject({
      code: 'TY_FILES_TOKEN',
    });
    await served?.close();
    await expect(reader(over()).readRecord(RUN)).rejects.toMatchObject({ code: 'TY_FILES_UNREACHABLE' });
  });

  it('are not asked of anybody where the workspace is mounted after all', async () => {
    expect(await reader({ root, ...over() }).readRecord(RUN)).toBeNull();
  });

  it('come over a port-forward to the pod of the worker for whoever has only a kubeconfig', async () => {
    cluster = await startChannelServer((channels) => bridge(channels, port), {
      '/api/v1/namespaces/ml/pods': {
        items: [
          { metadata: { name: 'trainyard-worker-old' }, status: { phase: 'Failed' } },
          { metadata: { name: 'trainyard-worker-abc' }, status: { phase: 'Running' } },
        ],
      },
    });
    const text = 'y'.repeat(LARGE);
    await writeFile(log(), text);
    const { tokenFile } = over().files;
    const far = reader({ kubeconfig: cluster.kubeconfig, files: { port, tokenFile } });
    const [file] = await far.logFiles(RUN);
    expect((await readFile(file?.path ?? '', 'utf8')) === text).toBe(true);
    const url = cluster.served[0]?.url;
    expect(url?.pathname).toBe('/api/v1/namespaces/ml/pods/trainyard-worker-abc/portforward');
    expect(url?.searchParams.get('ports')).toBe(String(port));
    expect(cluster.tokens[0]).toBe('Bearer cluster-token');
  });

  it('name the complaint of the cluster where a port-forward is refused', async () => {
    cluster = await startChannelServer(() => 403, {
      '/api/v1/namespaces/ml/pods': { items: [{ metadata: { name: 'worker' }, status: { phase: 'Running' } }] },
    });
    const { tokenFile } = over().files;
    const far = reader({ kubeconfig: cluster.kubeconfig, files: { port, tokenFile } });
    await expect(far.readRecord(RUN)).rejects.toMatchObject({
      code: 'TY_FILES_UNREACHABLE',
      details: { why: expect.stringContaining('403') },
    });
  });
});

/** What a kubelet does: two bytes of the port on each channel, then bytes both ways. */
function bridge(channels: ServedChannels, to: number): undefined {
  const preface = Buffer.alloc(2);
  preface.writeUInt16LE(to);
  channels.send(0, preface);
  channels.send(1, preface);
  const socket = connect(to, '127.0.0.1');
  socket.on('data', (bytes: Buffer) => channels.send(0, bytes));
  socket.on('error', () => undefined);
  socket.on('close', () => channels.close());
  channels.onMessage((_channel, bytes) => void socket.write(bytes));
  return undefined;
}
