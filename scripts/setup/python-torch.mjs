import { aptCandidate, aptInstall } from './apt.mjs';
import { compareVersions } from './format.mjs';
import { answers } from './net.mjs';
import { choosePip } from './pip.mjs';
import { buildEnvironment } from './python-build.mjs';
import { inspect } from './python-base.mjs';

const CPU_INDEX = 'https://download.pytorch.org/whl/cpu';
const DEBIAN_PYTHON = '/usr/bin/python3';
const DEBIAN_TORCH_FLOOR = '1.13';

/** Ways to a Python with torch where no interpreter has it yet, best first. */
export async function torchWays(machine, bases) {
  const ways = [];
  const fit = await firstWithPip(machine, bases);
  if (fit !== null && (await answers(`${CPU_INDEX}/torch/`))) ways.push(cpuWheel(machine, fit));
  if (ways.length === 0 && (await debianFits(machine))) ways.push(debianPackage(machine));
  if (fit !== null) ways.push(defaultWheel(machine, fit));
  return ways;
}

async function firstWithPip(machine, bases) {
  for (const base of bases) {
    const pip = await choosePip(machine, base);
    if (pip !== null) return { base, pip };
  }
  return null;
}

function cpuWheel(machine, { base, pip }) {
  return {
    how: `torch for CPUs from ${new URL(CPU_INDEX).host}, and the inference server`,
    size: '250 MB down, 1 GB',
    time: '1 to 2 min',
    room: 2e9,
    get: (task) => buildEnvironment(machine, base, pip, task, ['--index-url', CPU_INDEX, 'torch>=2.3,<3']),
  };
}

/** Old releases carry a torch without what the recipes need. */
async function debianFits(machine) {
  const candidate = await aptCandidate(machine, 'python3-torch');
  return candidate !== null && compareVersions(candidate, DEBIAN_TORCH_FLOOR) >= 0;
}

function debianPackage(machine) {
  return {
    how: 'apt-get install python3-torch, and the inference server',
    size: '190 MB down, 800 MB',
    time: '1 to 3 min',
    room: 2e9,
    get: async (task) => {
      await aptInstall(machine, ['python3-torch', 'python3-pil'], task);
      const base = await inspect(DEBIAN_PYTHON);
      if (base === null || base.torch === null)
        throw new Error(`${DEBIAN_PYTHON} does not import torch after the installation`);
      let pip = await choosePip(machine, base);
      if (pip === null) {
        await aptInstall(machine, ['python3-pip'], task);
        pip = await choosePip(machine, base);
      }
      if (pip === null) throw new Error('there is no pip');
      return buildEnvironment(machine, base, pip, task);
    },
  };
}

function defaultWheel(machine, { base, pip }) {
  // On Linux x86-64 the package index carries only the build for CUDA.
  const large = machine.platform === 'linux' && machine.arch === 'x64';
  return {
    how: `torch's default wheel${large ? ' (with CUDA)' : ''}, and the inference server`,
    size: large ? '2.8 GB down, 5.3 GB' : '250 MB down, 1 GB',
    time: large ? '5 min or more' : '1 to 2 min',
    room: large ? 9e9 : 2e9,
    get: (task) => buildEnvironment(machine, base, pip, task, ['torch>=2.3,<3']),
  };
}
