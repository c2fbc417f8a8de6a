import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { which } from './cache.mjs';
import { goEnv } from './go.mjs';
import { run } from './process.mjs';

/**
 * Compiles programs out of a module of this checkout, whose go.mod and go.sum say exactly what goes in.
 * @param {{module: string, programs: Record<string, string>, stamp?: string}} build program name to Go package
 * @param {string} bin the folder the programs are written to
 */
export async function goBuild(machine, { module, programs, stamp = '' }, task, bin) {
  mkdirSync(bin, { recursive: true });
  const go = which('go', machine.env.PATH);
  // Without cgo the programs need nothing of this machine, not even its C library.
  const env = { ...goEnv(machine), CGO_ENABLED: '0' };
  let compiled = 0;
  const onLine = (line) => {
    if (line.startsWith('go: ')) task.note(line.slice(4));
    else task.note(`${(compiled += 1)} packages compiled`);
  };
  for (const [name, target] of Object.entries(programs)) {
    const flags = ['-v', '-trimpath', '-buildvcs=false', '-ldflags', `-s -w${stamp}`, '-o', join(bin, name)];
    const result = await run(go, ['build', ...flags, target], { cwd: module, env, onLine });
    if (!result.ok) throw new Error(result.why);
  }
}

/** Where the sources of a module named by a go.mod of this checkout lie. They are read-only. */
export async function goModuleFolder(machine, module, name) {
  const go = which('go', machine.env.PATH);
  const result = await run(go, ['list', '-m', '-f', '{{.Dir}}', name], { cwd: module, env: goEnv(machine) });
  if (!result.ok) throw new Error(result.why);
  return result.stdout;
}
