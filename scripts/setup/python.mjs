import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isExecutable } from './cache.mjs';
import { impossible, obtain, obtainable, present } from './part.mjs';
import { buildEnvironment } from './python-build.mjs';
import { findBases, hasModules, inspect } from './python-base.mjs';
import { MODULES, PYTHON_CEILING, PYTHON_FLOOR } from './python-packages.mjs';
import { torchWays } from './python-torch.mjs';
import { choosePip, packageIndexAnswers } from './pip.mjs';

/** `current.json` names the interpreter in use; it is written when the environment is whole. */
export function currentPython(root) {
  const pointer = join(root, 'python', 'current.json');
  if (!existsSync(pointer)) return null;
  try {
    const { python } = JSON.parse(readFileSync(pointer, 'utf8'));
    return typeof python === 'string' && isExecutable(python) ? python : null;
  } catch {
    return null;
  }
}

async function find(machine) {
  const cached = currentPython(machine.root);
  return cached !== null && (await hasModules(cached, MODULES)) ? cached : null;
}

/** Plans a Python that imports torch and the inference server. */
export async function planPython(machine) {
  const named = machine.env.TRAINYARD_PYTHON;
  if (named) return planNamed(machine, named);
  const there = await find(machine);
  if (there !== null) return present('python', there);

  const bases = await findBases(machine);
  const index = await packageIndexAnswers(machine, bases);
  if (!index.ok) return noPackages(machine, bases, index.why);
  const ready = bases.find((base) => base.torch !== null);
  if (ready !== undefined) {
    const pip = await choosePip(machine, ready);
    if (pip !== null) return toGet(machine, [serverOnly(machine, ready, pip)]);
  }
  const ways = await torchWays(machine, bases);
  return ways.length > 0 ? toGet(machine, ways) : noPackages(machine, bases, 'no way to install torch was found');
}

function toGet(machine, ways) {
  return obtainable('python', {
    why: 'training and serving run in Python with torch',
    find: () => find(machine),
    ways,
  });
}

function serverOnly(machine, base, pip) {
  return {
    how: `the inference server beside torch ${base.torch} of ${base.executable}`,
    size: '40 MB',
    time: '20 s',
    get: (task) => buildEnvironment(machine, base, pip, task),
  };
}

async function planNamed(machine, named) {
  const base = isExecutable(named) ? await inspect(named) : null;
  if (base === null || base.torch === null) {
    return impossible('python', {
      code: 'TY_SITE_NO_TORCH',
      message: 'TRAINYARD_PYTHON names no Python that imports torch',
      where: `TRAINYARD_PYTHON=${named}`,
      why: base === null ? 'it is not a Python that runs' : `import torch: ${base.why}`,
      fix: `'${named}' -m pip install torch, or unset TRAINYARD_PYTHON`,
    });
  }
  if (await hasModules(named, MODULES)) return present('python', named);
  const index = await packageIndexAnswers(machine, [base]);
  const pip = await choosePip(machine, base);
  if (!index.ok || pip === null) return noPackages(machine, [base], index.ok ? 'there is no pip' : index.why);
  return obtainable('python', {
    why: 'TRAINYARD_PYTHON has no inference server',
    find: () => null,
    ways: [serverOnly(machine, base, pip)],
  });
}

function noPackages(machine, bases, why) {
  const looked = bases.map((base) => `${base.executable} (${base.version})`).join(', ');
  return impossible('python', {
    code: 'TY_SITE_NO_TORCH',
    message: 'there is no Python with torch and the inference server, and no way to get one',
    where: looked === '' ? `no Python ${PYTHON_FLOOR} to below ${PYTHON_CEILING} was found` : looked,
    why,
    fix: installHint(machine, bases),
  });
}

function installHint(machine, bases) {
  const python = bases[0]?.executable ?? 'python3';
  const missing = bases.length === 0;
  const lines = [];
  if (machine.platform === 'darwin') lines.push('brew install python@3.13');
  else if (machine.platform === 'linux')
    lines.push(
      `sudo apt-get install python3-venv python3-pip${missing ? ' python3' : ''}    (or: sudo dnf install python3-pip)`,
    );
  lines.push(
    `or set TRAINYARD_PYTHON to a Python that imports torch (${python} -m venv DIR && DIR/bin/pip install torch)`,
  );
  return lines.join('\n');
}

export async function ensurePython(machine) {
  return obtain(machine, await planPython(machine));
}
