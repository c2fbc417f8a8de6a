import { which } from './cache.mjs';
import { compareVersions } from './format.mjs';
import { run } from './process.mjs';
import { SERVER } from './python-packages.mjs';

// From this version on one pip can install into another interpreter's environment.
const PIP_FLOOR = '22.3';

/** pip never asks, never looks at a user's site, and writes compiled modules even where Python is told not to. */
export function pipEnv(env) {
  const {
    PYTHONDONTWRITEBYTECODE: _a,
    PYTHONPATH: _b,
    PYTHONHOME: _c,
    PIP_USER: _d,
    PIP_REQUIRE_VIRTUALENV: _e,
    ...rest
  } = env;
  return { ...rest, PIP_NO_INPUT: '1', PIP_DISABLE_PIP_VERSION_CHECK: '1', PYTHONNOUSERSITE: '1' };
}

async function pipVersion(command, args) {
  const result = await run(command, [...args, '--version'], { timeout: 20_000 });
  return result.ok ? (/^pip (\S+)/m.exec(result.stdout)?.[1] ?? null) : null;
}

async function fittingPip(candidates) {
  for (const argv of candidates) {
    const [command, ...args] = argv;
    const version = await pipVersion(command, args);
    if (version !== null && compareVersions(version, PIP_FLOOR) >= 0) return argv;
  }
  return null;
}

function candidatesFor(machine, base) {
  const onPath = ['pip3', 'pip'].map((name) => which(name, machine.env.PATH)).filter((path) => path !== null);
  return [...(base === null ? [] : [[base.executable, '-m', 'pip']]), ...onPath.map((path) => [path])];
}

/**
 * A way to install into an environment made from this interpreter: `{prepare, install}` argument lists for its
 * Python; null when there is none.
 */
export async function choosePip(machine, base) {
  const pip = await fittingPip(candidatesFor(machine, base));
  if (pip !== null) return { prepare: () => null, install: (python) => [...pip, '--python', python, 'install'] };
  if (base.ensurepip) {
    return {
      prepare: (python) => [python, '-m', 'ensurepip'],
      install: (python) => [python, '-m', 'pip', 'install'],
    };
  }
  const uv = which('uv', machine.env.PATH);
  return uv === null ? null : { prepare: () => null, install: (python) => [uv, 'pip', 'install', '--python', python] };
}

/** Whether Python's package index answers, asked by pip itself so that mirrors and proxies count. */
export async function packageIndexAnswers(machine, bases) {
  const pip = await fittingPip(bases.flatMap((base) => candidatesFor(machine, base)));
  // Without pip nothing can be asked yet; the installation itself will say.
  if (pip === null) return { ok: true, why: '' };
  const [command, ...args] = pip;
  const env = { ...pipEnv(machine.env), PIP_RETRIES: '0', PIP_DEFAULT_TIMEOUT: '5' };
  const query = [...args, 'index', 'versions', SERVER.split('==')[0]];
  const result = await run(command, query, { env, timeout: 20_000 });
  return result.ok
    ? { ok: true, why: '' }
    : { ok: false, why: `Python's package index does not answer: ${result.why}` };
}
