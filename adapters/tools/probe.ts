import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';

/** What `doctor` asks of the computer; tests answer in its place. */
export interface Probe {
  /** Standard output of a program, `null` when it does not run, fails, or takes more than 20 seconds. */
  output(program: string, args: readonly string[]): Promise<string | null>;
  /** Bytes free for this user on the disk that holds this existing folder. */
  freeBytes(directory: string): Promise<number>;
  readonly nodeVersion: string;
}

export const realProbe: Probe = {
  output: (program, args) =>
    new Promise((resolve) => {
      execFile(program, [...args], { timeout: 20_000, encoding: 'utf8' }, (error, stdout) => {
        resolve(error === null ? stdout.trim() : null);
      });
    }),
  freeBytes: async (directory) => {
    const disk = await statfs(directory);
    return disk.bavail * disk.bsize;
  },
  nodeVersion: process.versions.node,
};
