import { realpathSync } from 'node:fs';
import { which } from './cache.mjs';
import { compareVersions } from './format.mjs';
import { run } from './process.mjs';
import { PYTHON_CEILING, PYTHON_FLOOR } from './python-packages.mjs';

const NAMES = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];

// Looks before it imports: importing torch takes seconds, and most interpreters have none.
const INSPECT = `
import importlib.util, json, sys
found = {'version': '%d.%d' % sys.version_info[:2], 'executable': sys.executable, 'torch': None, 'why': 'no such module',
         'venv': sys.prefix != sys.base_prefix, 'path': [p for p in sys.path if p.endswith('-packages')],
         'canVenv': importlib.util.find_spec('venv') is not None,
         'ensurepip': importlib.util.find_spec('ensurepip') is not None}
if importlib.util.find_spec('torch') is not None:
    try:
        import numpy, torch
        torch.zeros(1)
        found['torch'] = torch.__version__.split('+')[0].split('a')[0]
    except Exception as error:
        found['why'] = str(error)
print(json.dumps(found))
`;

/** What an interpreter is and whether it really imports torch and numpy; null when it does not run. */
export async function inspect(executable) {
  const result = await run(executable, ['-c', INSPECT], { timeout: 60_000 });
  try {
    const found = JSON.parse(result.stdout.split('\n').at(-1));
    return result.ok ? found : null;
  } catch {
    return null;
  }
}

/** Whether the interpreter has the modules, without importing them. About 40 ms. */
export async function hasModules(executable, modules) {
  const script = 'import sys, importlib.util as u; sys.exit(any(u.find_spec(m) is None for m in sys.argv[1:]))';
  return (await run(executable, ['-c', script, ...modules], { timeout: 20_000 })).ok;
}

/** Interpreters fit to build upon, those that import torch first. */
export async function findBases(machine) {
  const candidates = [...NAMES.map((name) => which(name, machine.env.PATH)), '/usr/bin/python3'];
  const seen = new Set();
  const bases = [];
  for (const candidate of candidates) {
    const real = candidate === null ? null : realPath(candidate);
    if (real === null || seen.has(real)) continue;
    seen.add(real);
    const base = await inspect(candidate);
    if (base === null || !isSuitable(base) || seen.has(base.executable)) continue;
    seen.add(base.executable);
    bases.push(base);
  }
  return bases.sort((left, right) => Number(right.torch !== null) - Number(left.torch !== null));
}

function isSuitable(base) {
  const fits = compareVersions(base.version, PYTHON_FLOOR) >= 0 && compareVersions(base.version, PYTHON_CEILING) < 0;
  return fits && base.canVenv;
}

function realPath(path) {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}
