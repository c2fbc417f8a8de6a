import type { Env } from './layout.ts';
import { locateTools } from './locate.ts';
import type { Tools } from './locate.ts';
import { realProbe } from './probe.ts';
import type { Probe } from './probe.ts';
import { atLeast, gitIsPatched, versionIn } from './versions.ts';

/** One line of `doctor`. */
export interface ToolFinding {
  readonly name: string;
  readonly state: 'ok' | 'warn' | 'missing';
  readonly found: string;
  /** The command that mends it; `null` when there is nothing to mend. */
  readonly fix: string | null;
}

const SETUP = 'npm run setup';
const GIB = 2 ** 30;
const NODE_FLOOR = '22.18.0';
const GIT_FLOOR = '2.39.0';
const LFS_FLOOR = '3.0.0';
// First release with the fix of CVE-2025-26625 (a checkout follows a link out of the tree).
const LFS_PATCHED = '3.7.1';
const FREE_MINIMUM = GIB;
const FREE_COMFORT = 5 * GIB;

/**
 * Checks the programs and the room Trainyard needs on this machine. Never throws: what cannot be found out is a
 * finding.
 * @param directory an existing folder on the disk that will hold the workspace
 */
export async function doctorFindings(
  env: Env,
  directory: string,
  probe: Probe = realProbe,
): Promise<readonly ToolFinding[]> {
  const tools = locateTools(env);
  return Promise.all([
    checkNode(probe),
    checkGit(tools, probe),
    checkLfs(tools, probe),
    checkTemporal(tools, probe),
    checkPython(tools, probe),
    checkDisk(directory, probe),
  ]);
}

async function checkNode(probe: Probe): Promise<ToolFinding> {
  const version = probe.nodeVersion;
  if (atLeast(version, NODE_FLOOR)) return ok('node', version);
  return missing('node', `${version}, older than ${NODE_FLOOR}`, SETUP);
}

async function checkGit(tools: Tools, probe: Probe): Promise<ToolFinding> {
  const fix = packageCommand('git');
  const answer = tools.git === null ? null : await probe.output(tools.git, ['--version']);
  const version = answer === null ? null : versionIn(answer);
  if (tools.git === null || version === null) return missing('git', 'not found on PATH', fix);
  if (!atLeast(version, GIT_FLOOR)) return missing('git', `${version}, older than ${GIT_FLOOR}`, fix);
  if (gitIsPatched(version)) return ok('git', version);
  // Distributions put the fix into the old release and keep its number.
  const packaged = await packagedVersion('git', tools.git, probe);
  if (packaged !== null) return ok('git', `${version} (package ${packaged})`);
  return warn('git', `${version}, without the fix of CVE-2025-48384`, fix);
}

async function checkLfs(tools: Tools, probe: Probe): Promise<ToolFinding> {
  const answer = tools.gitLfs === null ? null : await probe.output(tools.gitLfs, ['version']);
  const version = answer === null ? null : versionIn(answer);
  if (tools.gitLfs === null || version === null) return missing('git-lfs', 'not found', SETUP);
  if (!atLeast(version, LFS_FLOOR))
    return missing('git-lfs', `${version}, older than ${LFS_FLOOR}`, packageCommand('git-lfs'));
  if (atLeast(version, LFS_PATCHED)) return ok('git-lfs', version);
  const packaged = await packagedVersion('git-lfs', tools.gitLfs, probe);
  if (packaged !== null) return ok('git-lfs', `${version} (package ${packaged})`);
  return warn('git-lfs', `${version}, without the fix of CVE-2025-26625`, packageCommand('git-lfs'));
}

async function checkTemporal(tools: Tools, probe: Probe): Promise<ToolFinding> {
  if (tools.temporal === null) return missing('temporal', 'no server program', SETUP);
  const answer = await probe.output(tools.temporal, ['--version']);
  if (answer === null) return missing('temporal', `${tools.temporal} does not run`, SETUP);
  return ok('temporal', `${answer.replace(/^temporal version /, '')}, ${tools.temporal}`);
}

// Looks for the modules without importing them: that would take seconds.
const FIND_MODULES = `
import sys, importlib.util, importlib.metadata as metadata
for name in sys.argv[1:]:
    try:
        print(name, metadata.version(name) if importlib.util.find_spec(name) else '-')
    except metadata.PackageNotFoundError:
        print(name, 'present')
`;

async function checkPython(tools: Tools, probe: Probe): Promise<ToolFinding> {
  if (tools.python === null) return missing('python', 'no python3', SETUP);
  const answer = await probe.output(tools.python, ['-c', FIND_MODULES, 'torch', 'kserve']);
  if (answer === null) return missing('python', `${tools.python} does not run`, SETUP);
  const lines = answer.split('\n').map((line) => line.trim());
  const lacking = lines.filter((line) => line.endsWith(' -')).map((line) => line.split(' ')[0]);
  if (lacking.length > 0) return missing('python', `${tools.python} has no ${lacking.join(' and no ')}`, SETUP);
  return ok('python', `${lines.join(', ')}, ${tools.python}`);
}

async function checkDisk(directory: string, probe: Probe): Promise<ToolFinding> {
  const fix = `free space on the disk of ${directory}, or set TRAINYARD_WORKSPACE to another folder`;
  const free = await probe.freeBytes(directory).catch(() => null);
  if (free === null) return warn('disk', `${directory} cannot be read`, `mkdir -p ${directory}`);
  const found = `${(free / GIB).toFixed(1)} GiB free in ${directory}`;
  if (free < FREE_MINIMUM) return missing('disk', found, fix);
  return free < FREE_COMFORT ? warn('disk', found, fix) : ok('disk', found);
}

/** The distribution's version of a package, when the program is the distribution's own. */
async function packagedVersion(name: string, program: string, probe: Probe): Promise<string | null> {
  if (!program.startsWith('/usr/bin/') && !program.startsWith('/bin/')) return null;
  const version = await probe.output('dpkg-query', ['-W', '-f', '${Version}', name]);
  return version === null || version === '' ? null : version;
}

function packageCommand(name: string): string {
  return process.platform === 'darwin' ? `brew install ${name}` : `sudo apt-get install ${name}`;
}

function ok(name: string, found: string): ToolFinding {
  return { name, state: 'ok', found, fix: null };
}

function warn(name: string, found: string, fix: string): ToolFinding {
  return { name, state: 'warn', found, fix };
}

function missing(name: string, found: string, fix: string): ToolFinding {
  return { name, state: 'missing', found, fix };
}
