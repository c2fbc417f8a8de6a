import type { JobDirectories } from './job.ts';

/**
 * An argument with the directories of a job in it, and the checkpoint that it goes on from, if any. One pass, so that
 * a directory whose own name holds braces is not filled in again.
 */
export function fillIn(argument: string, directories: JobDirectories): string {
  return argument.replaceAll(
    /\{(code|dataset|model|output|package|assets|checkpoint)\}/g,
    (whole, name: keyof JobDirectories) => directories[name] ?? (name === 'checkpoint' ? whole : ''),
  );
}
