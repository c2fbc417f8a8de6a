import { appendFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunRecord } from '../../../../domain/record.ts';
import { createWorkspace } from '../../../../adapters/store/workspace-fs.ts';
import { serveFiles } from '../../../../worker/files/serve-files.ts';
import type { FileServer } from '../../../../worker/files/serve-files.ts';
import { folderFiles } from '../../../../worker/run-files.ts';

const TOKEN = 'abcdefghijklmnopqrstuvwxyz0123456789';
const RUN = 'run-toy-a2b3c4';

let root = '';
let run = '';
let server: FileServer;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'trainyard-serve-'));
  run = join(root, 'runs', RUN);
  await mkdir(join(run, 'logs', 'toy-t1'), { recursive: true });
  await mkdir(join(run, 'output', 'deep'), { recursive: true });
  await writeFile(join(run, 'logs', 'toy-t1', 'worker-0.log'), 'one\ntwo\n');
  await writeFile(join(run, 'metrics.jsonl'), '{"step":1,"loss":2}\n');
  await writeFile(join(run, 'output', 'deep', 'model ü.bin'), 'weights');
  await writeFile(join(root, 'secret'), 'not for you');
  const workspace = createWorkspace({ root, minFreeBytes: 0, usage: () => Promise.resolve([]) });
  await workspace.writeRecord({ schema: 1, runId: RUN } as RunRecord);
  server = await serveFiles({ root, files: folderFiles(workspace), port: 0, token: TOKEN, note: () => undefined });
});

afterEach(async () => {
  await server.close();
  await rm(root, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** The path goes out as it stands: `fetch` would tidy it up. */
function ask(path: string, { token = TOKEN, method = 'GET' }: { token?: string | null; method?: string } = {}) {
  return new Promise<Answer>((resolve, reject) => {
    const headers = token === null ? {} : { authorization: `Bearer ${token}` };
    const sent = request({ host: '127.0.0.1', port: server.port, path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, body, headers: response.headers });
      });
    });
    sent.once('error', reject);
    sent.end();
  });
}

const LOG = `/runs/${RUN}/logs/toy-t1/worker-0.log`;

describe('the worker of a site', () => {
  it('lists the logs of a run without saying where they lie', async () => {
    const { status, body } = await ask(`/runs/${RUN}/logs`);
    expect([status, JSON.parse(body)]).toEqual([200, [{ job: 'toy-t1', role: 'worker', rank: 0, bytes: 8 }]]);
  });

  it('gives out a log from an offset, and says where it begins and how long it is', async () => {
    const { status, body, headers } = await ask(`${LOG}?offset=4`);
    expect([status, body]).toEqual([200, 'two\n']);
    expect(headers).toMatchObject({ 'trainyard-offset': '4', 'trainyard-size': '8', 'content-length': '4' });
    expect(headers['etag']).toMatch(/^"[0-9a-f]+-8"$/);
  });

  it('waits for what comes, if it is asked to', async () => {
    const waiting = ask(`${LOG}?offset=8&wait=10`);
    await appendFile(join(run, 'logs', 'toy-t1', 'worker-0.log'), 'three\n');
    expect((await waiting).body).toBe('three\n');
    expect((await ask(`${LOG}?offset=14`)).body).toBe('');
  });

  it('begins anew where a log has been written anew', async () => {
    const { body, headers } = await ask(`${LOG}?offset=1000`);
    expect([body, headers['trainyard-offset']]).toEqual(['one\ntwo\n', '0']);
  });

  it('gives out metrics, record and usage', async () => {
    expect((await ask(`/runs/${RUN}/metrics`)).body).toContain('"loss":2');
    expect(JSON.parse((await ask(`/runs/${RUN}/record`)).body)).toMatchObject({ runId: RUN });
    expect(JSON.parse((await ask(`/runs/${RUN}/usage`)).body)).toEqual([]);
  });

  it('gives out a file of the output whose name has to be encoded', async () => {
    const { status, body, headers } = await ask(`/runs/${RUN}/files/output/deep/model%20%C3%BC.bin`);
    expect([status, body]).toEqual([200, 'weights']);
    expect(headers).toMatchObject({ 'content-disposition': 'attachment', 'x-content-type-options': 'nosniff' });
  });

  it.each([null, '', 'wrong', `${TOKEN}x`, TOKEN.slice(0, -1)])(
    'tells nothing to whoever has token %j',
    async (token) => {
      const there = await ask(LOG, { token });
      const nowhere = await ask('/runs/run-nobody/logs', { token });
      expect([there.status, nowhere.status]).toEqual([401, 401]);
      expect(there.body).toBe(nowhere.body);
    },
  );

  it.each([
    '/',
    '/runs',
    '/runs/',
    `/runs/${RUN}`,
    `/runs/${RUN}/`,
    `/runs/${RUN}/run.json`,
    `/runs/${RUN}/jobs`,
    `/runs/${RUN}/files`,
    `/runs/${RUN}/files/output`,
    `/runs/${RUN}/files/output/`,
    `/runs/${RUN}/files/output/deep`,
    `/runs/${RUN}/files/logs/toy-t1/worker-0.log`,
    `/runs/${RUN}/files/output/../run.json`,
    `/runs/${RUN}/files/output/%2e%2e/run.json`,
    `/runs/${RUN}/files/output/%2E%2E%2Frun.json`,
    `/runs/${RUN}/files/output/..%5crun.json`,
    `/runs/${RUN}/files/output/%252e%252e/run.json`,
    `/runs/${RUN}/files/output/deep/%00`,
    `/runs/${RUN}/files/output/%ff`,
    `/runs/${RUN}/files/../../../secret`,
    `/runs/../secret`,
    `/runs/%2e%2e/secret`,
    `/runs/..%2Fsecret/logs`,
    `//runs/${RUN}/logs`,
    `http://elsewhere/runs/${RUN}/logs`,
    `/runs/${RUN}/logs/../run.json`,
    `/runs/${RUN}/logs/toy-t1/..%2f..%2f..%2frun.json`,
    `/runs/${RUN}/logs/toy-t1/worker-0.log/`,
    `/runs/${RUN}/logs/toy-t1/worker-0.log?offset=-1`,
    `/runs/${RUN}/logs/toy-t1/worker-0.log?offset=1e3`,
    `/runs/run-nobody/logs`,
    `/runs/${'x'.repeat(5000)}/logs`,
  ])('knows no %s', async (path) => {
    const { status, body } = await ask(path);
    expect([status, body]).toEqual([404, '{"error":"not found"}\n']);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('changes nothing: %s does not exist', async (method) => {
    expect((await ask(LOG, { method })).status).toBe(404);
  });

  it('does not follow what training has linked, inside its output or in place of it', async () => {
    await symlink(join(root, 'secret'), join(run, 'output', 'link'));
    await symlink('/etc', join(run, 'output', 'etc'));
    await symlink('..', join(run, 'output', 'up'));
    await symlink(join(root, 'secret'), join(run, 'logs', 'toy-t1', 'worker-1.log'));
    await mkdir(join(root, 'elsewhere'));
    await writeFile(join(root, 'elsewhere', 'file'), 'not for you');
    await symlink(join(root, 'elsewhere'), join(run, 'package'));
    await rm(join(run, 'metrics.jsonl'));
    await symlink(join(root, 'secret'), join(run, 'metrics.jsonl'));
    const paths = ['files/output/link', 'files/output/etc/passwd', 'files/output/up/run.json', 'files/package/file'];
    for (const path of [...paths, 'logs/toy-t1/worker-1.log', 'metrics']) {
      expect([path, (await ask(`/runs/${RUN}/${path}`)).status]).toEqual([path, 404]);
    }
  });

  it('does not follow a run that is a link to another folder', async () => {
    await symlink(join(root, 'runs', RUN), join(root, 'runs', 'run-other'));
    expect((await ask('/runs/run-other/metrics')).status).toBe(404);
    expect((await ask('/runs/run-other/files/output/deep/model%20%C3%BC.bin')).status).toBe(404);
  });
});
