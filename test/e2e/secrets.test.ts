import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../support/cli-process.ts';
import { type Forge, startForge } from '../support/forge.ts';
import { createBare, seedCommit } from '../support/git-server/seed.ts';
import type { ServerUser } from '../support/git-server/server.ts';
import {
  filesWith,
  formsOf,
  hasAny,
  type ProcessSamples,
  sampleProcesses,
  spellingsOf,
  withPayloads,
} from '../support/secret-watch.ts';
import { startTemporal, type TemporalEnv } from '../support/temporal-env.ts';
import { makeWorld, type WorkerProcess, type World } from '../support/world.ts';
import { git } from '../support/world-repos.ts';

/** One account, one token and one stored credential for each repository, so that a leak tells where it comes from. */
const CHANNELS = ['base', 'scripts', 'numbers', 'results', 'gossip'] as const;
type Channel = (typeof CHANNELS)[number];

// Letters that a URL has to escape, so that this form differs too.
const TOKENS = Object.fromEntries(
  CHANNELS.map((name) => [name, `tk/${name}+${randomBytes(18).toString('hex')}=&%`]),
) as Record<Channel, string>;
const NEEDLES = CHANNELS.flatMap((name) => formsOf(`user-${name}`, TOKENS[name]));

let env: TemporalEnv;
let world: World;
let forge: Forge;
let worker: WorkerProcess;
let samples: ProcessSamples;
/** The server that hostile repositories point at. */
let hostile: Server;
const hostileRequests: string[] = [];
/** Everything that commands printed. */
const printed: string[] = [];
const runs: string[] = [];

beforeAll(async () => {
  env = await startTemporal();
  world = makeWorld({ address: env.address, taskQueue: 'secrets', trainSeconds: 0 });
  const users = CHANNELS.map((name): ServerUser => ({
    name: `user-${name}`,
    token: TOKENS[name],
    access: { [name]: name === 'results' ? 'write' : 'read' },
  }));
  forge = await startForge(world, users);
  hostile = createServer((request, response) => {
    hostileRequests.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
  }).listen(0, '127.0.0.1');
  await once(hostile, 'listening');
  makeRepositories();
  worker = await world.startWorker(forge.env);
  samples = sampleProcesses(NEEDLES);
});

afterAll(async () => {
  samples.stop();
  await world.close();
  await forge.server.stop();
  hostile.close();
  await env.stop();
});

function makeRepositories(): void {
  const elsewhere = `http://127.0.0.1:${(hostile.address() as AddressInfo).port}/evil.git/info/lfs`;
  const lfsconfig = `[lfs]\n\turl = ${elsewhere}\n\tpushurl = ${elsewhere}\n[remote "origin"]\n\tlfsurl = ${elsewhere}\n\tlfspushurl = ${elsewhere}\n`;
  const module = readFileSync(join(world.folder, 'repos', 'model-work', 'model.torchscript'));
  forge.make('base', { '.lfsconfig': lfsconfig, 'model.torchscript': { lfs: module } });
  forge.make('numbers', { '.lfsconfig': lfsconfig, 'data.bin': { lfs: randomBytes(1000) } });
  forge.make('scripts', {
    '.lfsconfig': lfsconfig,
    // What a program of the user's can see of its own process goes to its log.
    'train.sh':
      'env; cat /proc/$PPID/cmdline; ls "$TRAINYARD_DATASET_DIR"; cp "$TRAINYARD_MODEL_DIR/model.torchscript" "$TRAINYARD_OUTPUT_DIR/"\n',
    'export.sh': [
      'cp "$TRAINYARD_OUTPUT_DIR/model.torchscript" "$TRAINYARD_MODEL_FILE"',
      'cp example.json "$(dirname "$TRAINYARD_MODEL_FILE")/"',
      'cp .lfsconfig "$TRAINYARD_PACKAGE_DIR/"',
    ].join('\n'),
    'evaluate.sh': 'env; echo \'{"accuracy": 0.5}\' > "$TRAINYARD_METRICS_JSON"\n',
    'example.json': '{"inputs": [{"name": "INPUT__0", "datatype": "FP32", "shape": [-1, 4]}]}\n',
  });
  forge.make('results');
  forge.make('gossip', { a: '1' });
  // A server that repeats what it was told, in every form.
  const body = `denied: ${spellingsOf('user-gossip', TOKENS.gossip).join(' ')}\n`;
  const headers = { 'content-type': 'text/plain' };
  forge.server.faults.add({ match: /\/gossip\.git/, action: { kind: 'status', status: 403, body, headers } });
  // Slow enough that every git that holds a credential is sampled.
  forge.server.faults.add({ match: /./, action: { kind: 'delay', ms: 100 } });
}

async function cli(...args: readonly string[]): Promise<{ readonly code: number | null; readonly stdout: string }> {
  return await cliWith('', ...args);
}

async function cliWith(
  input: string,
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly stdout: string }> {
  const answer = await runCli(world, args, { input, env: forge.env });
  printed.push(answer.stdout, answer.stderr);
  return answer;
}

async function startAndWait(name: string, changes: Readonly<Record<string, unknown>>): Promise<number | null> {
  const file = join(world.folder, `${name}.json`);
  const source = (channel: Channel): object => ({ repo: forge.server.url(channel), credentials: channel });
  const spec = world.spec({
    name,
    model: source('base'),
    code: source('scripts'),
    dataset: source('numbers'),
    output: { ...source('results'), branch: 'result-{run}' },
    ...changes,
  });
  writeFileSync(file, JSON.stringify(spec));
  const started = await cli('run', 'start', '-f', file, '--detach');
  expect(started.code).toBe(0);
  const runId = started.stdout.trim();
  runs.push(runId);
  const { code } = await cli('run', 'watch', runId, '--verbose');
  return code;
}

describe('the search for a token', () => {
  const needles = formsOf('user', 'tk/needle+0123456789=&%');

  it.each(['', 'a', 'ab', 'abc'])('finds it in base64 behind %j', (before) => {
    const data = Buffer.from(`${before}tk/needle+0123456789=&%, and more`).toString('base64');
    expect(hasAny(data, needles)).toBe(true);
    expect(hasAny(withPayloads(JSON.stringify({ data: Buffer.from(data).toString('base64') })), needles)).toBe(true);
  });

  it('finds it in what Git has packed away, and in processes', async () => {
    const folder = join(world.folder, 'planted');
    createBare(join(folder, 'hidden.git'));
    seedCommit(join(folder, 'hidden.git'), 'main', { config: 'token = tk/needle+0123456789=&%\n' });
    expect(filesWith(folder, needles)).toEqual([`${join(folder, 'hidden.git')} (objects)`]);
    const own = sampleProcesses(needles);
    const script = 'setTimeout(() => {}, 500)';
    await promisify(execFile)(process.execPath, ['-e', script, 'tk/needle+0123456789=&%'], { env: {} });
    await promisify(execFile)(process.execPath, ['-e', script, 'in env'], {
      env: { TOKEN: 'tk/needle+0123456789=&%' },
    });
    own.stop();
    expect(own.guilty.size).toBe(2);
  });
});

describe('a token', () => {
  it('serves a run from the first fetch to the push', async () => {
    for (const name of CHANNELS) {
      const args = ['credential', 'set', name, '--host', forge.server.host, '--username', `user-${name}`];
      expect((await cliWith(TOKENS[name], ...args)).code).toBe(0);
    }
    expect(await startAndWait('whole', {})).toBe(0);
    const [runId = ''] = runs;
    for (const args of [
      ['get', runId, '-o', 'json'],
      ['logs', runId],
    ])
      expect((await cli('run', ...args)).code).toBe(0);
    const users = new Set(forge.server.seen.filter(({ status }) => status === 200).map(({ user }) => user));
    for (const name of ['base', 'scripts', 'numbers', 'results']) expect(users).toContain(`user-${name}`);
    expect(forge.server.seen.map(({ method, path }) => `${method} ${path.replace(/[0-9a-f]{64}$/, 'OID')}`)).toContain(
      'PUT /results.git/info/lfs/objects/OID',
    );
    const bare = forge.bare('results');
    expect(git(bare, 'cat-file', 'blob', `result-${runId}:.lfsconfig`), 'the hostile file was pushed too').toContain(
      'evil',
    );
  });

  it('serves runs and commands that fail', async () => {
    const stranger = { repo: forge.server.url('results'), credentials: 'base', branch: 'result-{run}' };
    expect(await startAndWait('stranger', { output: stranger })).toBe(5);
    expect(await startAndWait('gossip', { dataset: { repo: forge.server.url('gossip'), credentials: 'gossip' } })).toBe(
      5,
    );
    expect((await cli('credential', 'test', 'gossip', '--url', forge.server.url('gossip'), '--verbose')).code).toBe(4);
    expect(printed.join('')).toContain('denied: *** *** *** ***');
    expect((await cli('credential', 'list', '-o', 'json')).code).toBe(0);
    expect((await cli('config', 'view')).code).toBe(0);
  });

  it('is in no argument and in no environment of any process', () => {
    expect([...samples.commands].filter((one) => /^\S*git-remote-http /.test(one)).length).toBeGreaterThan(4);
    expect([...samples.commands].filter((one) => /git-lfs/.test(one)).length).toBeGreaterThan(1);
    expect([...samples.guilty]).toEqual([]);
  });

  it('is in no log of the worker and in nothing that commands print', () => {
    expect(worker.lines.filter((line) => hasAny(line, NEEDLES))).toEqual([]);
    expect(printed.join('').length).toBeGreaterThan(1000);
    expect(printed.filter((text) => hasAny(text, NEEDLES))).toEqual([]);
  });

  it('is in no history', async () => {
    for (const runId of runs) {
      const args = ['workflow', 'show', '--workflow-id', runId, '--address', env.address, '-o', 'json'];
      for (const more of [[], ['--no-json-shorthand-payloads']]) {
        const { stdout } = await promisify(execFile)(env.program, [...args, ...more], { maxBuffer: 1 << 26 });
        const history = withPayloads(stdout);
        expect(history).toContain(runId === runs[0] ? 'accuracy' : 'TY_GIT_');
        expect(hasAny(history, NEEDLES)).toBe(false);
      }
    }
  });

  it('is in no file but the one of its owner alone', async () => {
    const own = await Promise.all(CHANNELS.map(async (name) => (await forge.credentials.find(name)).path));
    expect(filesWith(world.folder, NEEDLES)).toEqual(own.toSorted());
    expect(filesWith(env.directory, NEEDLES)).toEqual([]);
    for (const path of own) expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('goes to no server that a repository names', () => {
    expect(hostileRequests).toEqual([]);
  });
});
