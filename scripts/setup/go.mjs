import { chmodSync, mkdirSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { moveIn, programName, removeTree, which } from './cache.mjs';
import { run } from './process.mjs';

/** Whether Go is here and knows the module version; asks the module proxy, so it needs the network. */
export async function goCanBuild(machine, module) {
  const go = which('go', machine.env.PATH);
  if (go === null) return { ok: false, why: 'there is no Go compiler on PATH' };
  const result = await run(go, ['list', '-m', module], { cwd: tmpdir(), env: goEnv(machine), timeout: 20_000 });
  return result.ok ? { ok: true, why: '' } : { ok: false, why: `Go cannot read ${module}: ${result.why}` };
}

/** Go's settings for a build of ours. */
export function goEnv(machine) {
  // Outside any module of the user's, and never with flags meant for one.
  return { ...machine.env, GOFLAGS: '', GO111MODULE: 'on', GOWORK: 'off' };
}

/** Compiles one program into the cache's bin folder. */
export async function goInstall(machine, { package: target, program, path }, task, scratch) {
  const bin = join(scratch, 'bin');
  mkdirSync(bin);
  const go = which('go', machine.env.PATH);
  const env = { ...goEnv(machine), GOBIN: bin };
  let compiled = 0;
  // With -v Go names every module it fetches and every package it compiles.
  const onLine = (line) => {
    if (line.startsWith('go: ')) task.note(line.slice(4));
    else task.note(`${(compiled += 1)} packages compiled`);
  };
  const result = await run(go, ['install', '-v', target], { cwd: scratch, env, onLine });
  if (!result.ok) throw new Error(result.why);
  const made = readdirSync(bin)[0];
  if (made === undefined) throw new Error(`go install made no ${programName(program)}`);
  return placeProgram(join(bin, made), path, scratch);
}

/** Makes a program executable and moves it to its place. */
export function placeProgram(from, path, scratch) {
  chmodSync(from, 0o755);
  moveIn(from, path);
  removeTree(scratch);
  return path;
}
