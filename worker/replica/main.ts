import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { toReport, TrainyardError } from '../../domain/errors.ts';
import { ASSETS } from '../assets.ts';
import { handOverReplica } from './hand-over.ts';
import { POD } from './paths.ts';
import { prepareReplica } from './prepare.ts';
import { readPlan } from './read-plan.ts';

/** Where a container says why it failed; Kubernetes shows it with the pod. */
const LAST_WORDS = '/dev/termination-log';

/** What a pod may say at most, bytes. */
const LONGEST = 4096;

/**
 * `trainyard replica prepare|hand-over --plan FILE [--rank N]`: Trainyard's program inside a pod of a site without a
 * shared claim. Not for people. Answers the exit code.
 */
export async function runReplica(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<number> {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  try {
    const options = { plan: { type: 'string' }, rank: { type: 'string', default: '0' } } as const;
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    const plan = await readPlan(values.plan ?? '');
    const work = { plan, paths: POD, env, signal, say };
    if (positionals[0] === 'prepare') await prepareReplica(work, ASSETS);
    else if (positionals[0] === 'hand-over') await handOverReplica(work, Number(values.rank));
    else throw new TrainyardError('TY_CLI_USAGE', 'this command is for pods of Trainyard alone', { where: 'replica' });
    return 0;
  } catch (error) {
    const text = lastWords(error);
    process.stderr.write(`${text}\n`);
    await writeFile(LAST_WORDS, text.slice(0, LONGEST)).catch(() => undefined);
    return 1;
  }
}

function lastWords(error: unknown): string {
  const { code, message, where, why } = toReport(error);
  const about = [where, why].filter((part) => part !== undefined).join(': ');
  return `${code}: ${message}${about === '' ? '' : ` (${about})`}`;
}
