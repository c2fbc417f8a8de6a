// `npm run verify`: every check that needs no server, one line each. All of them run; the failures are listed at the end.
import { existsSync, globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkLines, ROOMS } from './verify/lines.mjs';
import { checkLinks } from './verify/links.mjs';
import { checkPackage } from './verify/package.mjs';
import { run, tool } from './verify/run.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
// Kept between runs: what has not changed is not checked again.
const BUILD_INFO = 'node_modules/.cache/trainyard.tsbuildinfo';

/** A check that is one program: it passes when the program ends with 0. */
function program(name, fix, start, summary = '') {
  return {
    name,
    fix,
    async check() {
      const { code, output } = await start();
      const problems = code === 0 ? [] : [output.trim() || `exit code ${code}`];
      return { problems, summary: typeof summary === 'function' ? summary(output) : summary };
    },
  };
}

function python() {
  const files = globSync('{assets,examples,test,scripts,recipes,adapters}/**/*.py', { cwd: root });
  const parse = 'import ast, sys\nfor name in sys.argv[1:]: ast.parse(open(name, encoding="utf-8").read(), name)';
  return run('python3', ['-c', parse, ...files], { cwd: root });
}

function reference() {
  const script = join(root, 'scripts/generate-reference.ts');
  if (!existsSync(script)) return Promise.resolve({ code: 1, output: 'scripts/generate-reference.ts is not there' });
  return run(process.execPath, [script, '--check'], { cwd: root });
}

/** Checked by Compose itself where it is installed; nothing else of Docker is needed. */
async function compose() {
  const probe = await run('docker', ['compose', 'version']);
  if (probe.code !== 0) return { problems: [], summary: 'not checked: no `docker compose` here' };
  const { code, output } = await run('docker', ['compose', '--env-file', '.env.example', 'config', '--quiet'], {
    cwd: root,
  });
  return { problems: code === 0 ? [] : [output.trim()], summary: 'docker compose accepts it' };
}

const CHECKS = [
  program('format', 'npx oxfmt', () => tool(root, 'oxfmt', ['--check'])),
  program(
    'lint',
    'mend the lines named; oxlint --fix does the simple ones',
    () => tool(root, 'oxlint', ['--type-aware', '--deny-warnings', '--report-unused-disable-directives']),
    (output) => /on \d+ files with \d+ rules/.exec(output)?.[0] ?? '',
  ),
  program('types', 'npx tsc --noEmit', () =>
    tool(root, 'tsc', ['--noEmit', '-p', 'tsconfig.json', '--incremental', '--tsBuildInfoFile', BUILD_INFO]),
  ),
  program(
    'arrows',
    'ARCHITECTURE.md, "Where do I put…"',
    () =>
      tool(root, 'depcruise', [
        '--config',
        '.dependency-cruiser.cjs',
        ...ROOMS.filter((room) => existsSync(join(root, room))),
      ]),
    (output) => /\d+ modules, \d+ dependencies/.exec(output)?.[0] ?? '',
  ),
  program('dead code', 'remove what knip names', () => tool(root, 'knip', ['--no-progress'])),
  program('python', 'mend the line named', python),
  { name: 'lines', fix: 'split the files named', check: () => Promise.resolve(checkLines(root)) },
  program('reference', 'node scripts/generate-reference.ts', reference),
  { name: 'links', fix: 'mend the links named', check: () => Promise.resolve(checkLinks(root)) },
  { name: 'compose', fix: 'docker compose config', check: compose },
  { name: 'package', fix: 'npx tsc -p tsconfig.build.json', check: () => checkPackage(root) },
];

async function main() {
  const wanted = process.argv.slice(2);
  const checks = wanted.length === 0 ? CHECKS : CHECKS.filter(({ name }) => wanted.includes(name));
  const failed = [];
  const begun = performance.now();
  for (const { name, fix, check } of checks) {
    const start = performance.now();
    const { problems, summary } = await check();
    const seconds = ((performance.now() - start) / 1_000).toFixed(1);
    console.log(
      `${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(10)} ${seconds.padStart(5)} s  ${summary}`.trimEnd(),
    );
    if (problems.length > 0) failed.push({ name, fix, problems });
  }
  for (const { name, fix, problems } of failed) {
    console.log(`\n--- ${name}: ${fix}\n${problems.join('\n')}`);
  }
  const total = ((performance.now() - begun) / 1_000).toFixed(0);
  console.log(`\n${checks.length - failed.length} of ${checks.length} checks passed in ${total} s`);
  process.exitCode = failed.length === 0 && checks.length > 0 ? 0 : 1;
}

await main();
