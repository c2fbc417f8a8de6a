import { which } from './cache.mjs';
import { run } from './process.mjs';

/** Whether this is Debian or a child of it and packages may be installed without asking anybody. */
export function aptUsable(machine) {
  return machine.platform === 'linux' && machine.isAdmin && which('apt-get', machine.env.PATH) !== null;
}

function aptEnv(machine) {
  return { ...machine.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
}

/** The version of a package that would be installed, or null. The lists are refreshed once: fresh images have none. */
export async function aptCandidate(machine, name) {
  if (!aptUsable(machine)) return null;
  machine.aptUpdate ??= run('apt-get', ['update', '-qq'], { env: aptEnv(machine), timeout: 90_000 });
  await machine.aptUpdate;
  const policy = await run('apt-cache', ['policy', '--', name], { env: aptEnv(machine) });
  const candidate = /Candidate: (?:\d+:)?(\S+)/.exec(policy.stdout)?.[1];
  return candidate === undefined || candidate === '(none)' ? null : candidate;
}

/** Installs packages; finishes first what an interrupted installation has left half done. */
export async function aptInstall(machine, names, task) {
  const options = { env: aptEnv(machine), onLine: (line) => task.note(line) };
  await run('dpkg', ['--configure', '-a'], options);
  const args = ['install', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', '--', ...names];
  const result = await run('apt-get', args, options);
  if (!result.ok) throw new Error(result.why);
}
