import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DemoSummary } from '../../client/cli/demo/summary.ts';
import { markedProcesses } from '../support/marked-processes.ts';
import { until } from '../support/until.ts';
import { git } from '../support/world-repos.ts';

const MAIN = fileURLToPath(new URL('../../client/cli/main.ts', import.meta.url));

let folder = '';
let state = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-demo-'));
  state = join(folder, '.trainyard', 'demo');
});
afterEach(() => {
  for (const { pid } of processes()) process.kill(pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

function startDemo(): ChildProcess {
  return spawn(process.execPath, [MAIN, 'demo'], { cwd: folder, stdio: 'ignore' });
}

/** Jobs, services and Temporal servers of this folder. */
function processes(): readonly { readonly pid: number; readonly command: string }[] {
  return markedProcesses(folder, (command) => command.includes(`--db-filename=${folder}/`));
}

const training = (): boolean =>
  readdirSync(join(state, 'workspace', 'runs')).some((run) => {
    const metrics = readFileSync(join(state, 'workspace', 'runs', run, 'metrics.jsonl'), 'utf8');
    return metrics.includes('"step"');
  });

function summary(): DemoSummary {
  return JSON.parse(readFileSync(join(state, 'summary.json'), 'utf8'));
}

describe('the demo', () => {
  it('killed while it trains, is picked up by the next one, which ends with the right answer', async () => {
    const first = startDemo();
    await until(training);
    first.kill('SIGKILL');
    await once(first, 'exit');

    const second = startDemo();
    const [code] = await once(second, 'exit');
    expect(code).toBe(0);
    const found = summary();
    expect(found.status).toBe('succeeded');
    expect(found.stages.find((stage) => stage.name === 'train')?.attempts).toBe(1);
    expect(found.metrics?.['accuracy']).toBeGreaterThanOrEqual(0.9);
    expect(found.prediction?.label).toBe(found.prediction?.expected);
    const bare = join(state, 'repos', 'output.git');
    const show = (path: string): string => git(bare, 'show', `${found.outputBranch}:${path}`);
    expect(show(found.artifact?.path ?? '')).toContain(`oid sha256:${found.artifact?.sha256}`);
    const said = JSON.parse(show('trainyard.json'));
    expect(said.model.commit).toMatch(/^[0-9a-f]{40}$/);
    expect(said.dataset.commit).toMatch(/^[0-9a-f]{40}$/);
    expect(processes()).toEqual([]);
  });

  it('interrupted by Ctrl-C while it trains, leaves no process behind', async () => {
    const demo = startDemo();
    await until(training);
    demo.kill('SIGINT');
    const [code] = await once(demo, 'exit');
    expect(code).toBe(130);
    expect(processes()).toEqual([]);
  });
});
