import { writeSync } from 'node:fs';
import { readSubmitted, takeClaim, writeState } from '../job-files.ts';
import { endStrays, identify } from '../process.ts';
import { Supervision } from './supervision.ts';

/** Whoever starts a supervisor gives it a pipe here and reads from it that the job is in hands. */
export const STARTER_PIPE = 3;

/**
 * Runs the job of a directory from claim to end. Of two supervisors for one job the second finds the claim taken and
 * leaves; that makes it safe to start one again when it is not known whether an earlier start went through.
 */
export async function superviseJob(jobDir: string): Promise<void> {
  const job = readSubmitted(jobDir);
  const self = identify(process.pid);
  if (job === null || self === null) throw new Error(`no job in ${jobDir}`);
  const supervision = new Supervision(jobDir, job, self);
  process.on('SIGTERM', () => supervision.terminate());
  // A closed terminal is no reason to end: the job is ended by a cancel or by itself.
  for (const signal of ['SIGINT', 'SIGHUP', 'SIGPIPE'] as const) process.on(signal, () => {});
  const claimed = takeClaim(jobDir, self);
  tellStarter(claimed ? 'claimed' : 'taken');
  if (!claimed) return;
  try {
    await supervision.run();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    await supervision.abandon(reason);
    writeState(jobDir, { ...supervision.state(), finishedAt: new Date().toISOString(), outcome: 'lost', reason });
  }
  await endStrays(job.request.name, 2);
}

function tellStarter(word: string): void {
  try {
    writeSync(STARTER_PIPE, word);
  } catch {
    // the starter has ended meanwhile; the claim says it to the next one
  }
}
