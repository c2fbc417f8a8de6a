import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const LAUNCH = new URL('../../../scripts/setup/launch.mjs', import.meta.url).href;

/** The first signal asks the program to end, a second one ends it at once: as the command line does. */
const PROGRAM = `
let asked = false;
process.on('SIGTERM', () => {
  if (asked) process.exit(99);
  asked = true;
  process.stdout.write('asked');
  setTimeout(() => process.exit(7), 400);
});
setInterval(() => {}, 1000);
process.stdout.write(String(process.pid));
`;

let groups: number[] = [];

afterEach(() => {
  for (const group of groups) {
    try {
      process.kill(-group, 'SIGKILL');
    } catch {
      // It has ended, as it should.
    }
  }
  groups = [];
});

function start(program: string) {
  const script = `import { launch } from '${LAUNCH}'; process.exitCode = await launch(process.execPath, ['-e', process.argv[1]], process.env);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, program], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  if (child.pid !== undefined) groups.push(child.pid);
  const said = () => new Promise<string>((resolve) => child.stdout.once('data', (data) => resolve(String(data))));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { pid: child.pid ?? 0, said, ended };
}

describe('launch', () => {
  it('ends with the exit code of the program', async () => {
    await expect(start('process.exit(5)').ended).resolves.toBe(5);
  });

  it('passes a signal on and waits for the program', async () => {
    const { pid, said, ended } = start(PROGRAM);
    await said();
    process.kill(pid, 'SIGTERM');
    await expect(ended).resolves.toBe(7);
  });

  it('lets a signal count once that the program gets twice, from its launcher and from the group', async () => {
    const { pid, said, ended } = start(PROGRAM);
    const program = Number(await said());
    process.kill(pid, 'SIGTERM');
    await said();
    process.kill(program, 'SIGTERM');
    await expect(ended).resolves.toBe(7);
  });

  it('says by its exit code which signal ended the program', async () => {
    await expect(start("process.kill(process.pid, 'SIGKILL')").ended).resolves.toBe(137);
  });
});
