#!/usr/bin/env node
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheBin, removeScratch } from './setup/cache.mjs';
import { launch } from './setup/launch.mjs';
import { releaseLocks } from './setup/lock.mjs';
import { thisMachine } from './setup/part.mjs';
import { ALL_PARTS, CHAOS_PARTS, CLUSTER_PARTS, CODE_PARTS, KUBE_PARTS, prepare } from './setup/plan.mjs';
import { killRunning } from './setup/process.mjs';
import { SetupError } from './setup/report.mjs';
import { lastLine } from './setup/test-counts.mjs';

// Plain JavaScript without dependencies: this is what a fresh clone runs, on Node 20 too.
const checkout = dirname(dirname(fileURLToPath(import.meta.url)));
const cli = join(checkout, 'client', 'cli', 'main.ts');

const TARGETS = {
  setup: { parts: ALL_PARTS },
  demo: { parts: ALL_PARTS, argv: [cli, 'demo'] },
  dev: { parts: ALL_PARTS, argv: [cli, 'dev'] },
  test: {
    parts: ALL_PARTS,
    tests: { rings: ['unit', 'workflow', 'replay', 'integration', 'kube', 'e2e'], parts: KUBE_PARTS },
  },
  'test:cluster': { parts: ALL_PARTS, tests: { rings: ['cluster'], parts: CLUSTER_PARTS } },
  'test:chaos': { parts: ALL_PARTS, tests: { rings: ['chaos'], parts: CHAOS_PARTS } },
  verify: { parts: CODE_PARTS, argv: [join(checkout, 'scripts', 'verify.mjs')] },
  build: {
    parts: CODE_PARTS,
    argv: [join(checkout, 'scripts', 'build.mjs')],
  },
  'bench:overhead': { parts: ALL_PARTS, argv: [join(checkout, 'bench', 'overhead.ts')] },
  'bench:watch': { parts: [...ALL_PARTS, ...KUBE_PARTS], argv: [join(checkout, 'bench', 'watch.ts')] },
  'bench:fetch': { parts: ALL_PARTS, argv: [join(checkout, 'bench', 'fetch.ts')] },
};

/**
 * A computer that cannot have a Kubernetes still runs every other ring; the one that needs it fails and says why.
 */
async function prepareCluster(machine, parts) {
  try {
    await prepare(machine, parts);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`${error.render()}\n`);
  }
}

async function runTests(node, args, env) {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-test-'));
  const counts = join(folder, 'counts.json');
  const vitest = join(checkout, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', `--reporter=${join(checkout, 'scripts', 'setup', 'test-reporter.mjs')}`];
  try {
    const code = await launch(node, [vitest, 'run', ...reporters, ...args], { ...env, TRAINYARD_TEST_COUNTS: counts });
    const { line, ok } = lastLine(counts, code);
    process.stdout.write(`${line}\n`);
    return code === 0 && !ok ? 1 : code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function commandEnv(found, root) {
  const path = [dirname(found.node), cacheBin(root), process.env.PATH ?? ''].join(delimiter);
  return { ...process.env, PATH: path };
}

function cleanUp() {
  killRunning();
  releaseLocks();
  removeScratch();
}

async function main() {
  const [name, ...args] = process.argv.slice(2);
  const target = Object.hasOwn(TARGETS, name ?? '') ? TARGETS[name] : undefined;
  if (target === undefined) {
    process.stderr.write(`usage: node scripts/run.mjs ${Object.keys(TARGETS).join('|')} [arguments]\n`);
    return 2;
  }
  const machine = thisMachine(checkout);
  process.chdir(checkout);
  const interrupt = (signal) => {
    process.stderr.write('\ninterrupted; what was obtained so far is kept\n');
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  process.once('exit', cleanUp);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, interrupt);
  const found = await prepare(machine, target.parts);
  const named = args.some((arg) => arg.startsWith('--project'));
  const needsCluster = !named || args.some((arg) => /^(--project=)?(kube|cluster|chaos)$/.test(arg));
  if (target.tests !== undefined && needsCluster) await prepareCluster(machine, target.tests.parts);
  for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, interrupt);

  const env = commandEnv(found, machine.root);
  if (target.tests !== undefined) {
    const rings = target.tests.rings.map((ring) => `--project=${ring}`);
    return runTests(found.node, named ? args : [...args, ...rings], env);
  }
  if (target.argv !== undefined) return launch(found.node, [...target.argv, ...args], env);
  for (const [part, path] of Object.entries(found)) process.stdout.write(`${part.padEnd(10)} ${path}\n`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error.render()}\n`);
  process.exitCode = 1;
}
