import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { LogFile } from '../../ports/workspace.ts';

const BLOCK = 512;

/** Writes logs as they are into one `.tar.gz`, below a folder named like the run. A file of that name is replaced. */
export async function writeArchive(path: string, runId: string, files: readonly LogFile[]): Promise<void> {
  const beside = `${path}.${process.pid}.part`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await pipeline(Readable.from(tar(runId, files)), createGzip(), createWriteStream(beside));
    await rename(beside, path);
  } finally {
    await rm(beside, { force: true });
  }
}

/** Copies logs as they are to `<directory>/<job>/<role>-<rank>.log`. */
export async function copyLogs(directory: string, files: readonly LogFile[]): Promise<void> {
  for (const file of files) {
    const folder = join(directory, file.job);
    await mkdir(folder, { recursive: true });
    await copyFile(file.path, join(folder, basename(file.path)));
  }
}

async function* tar(runId: string, files: readonly LogFile[]): AsyncIterable<Buffer> {
  for (const file of files) {
    const { size, mtimeMs } = await stat(file.path);
    yield header(`${runId}/${file.job}`, basename(file.path), size, Math.floor(mtimeMs / 1000));
    let left = size;
    // A log that is written to meanwhile: what it had at the beginning is what the header promises.
    if (size > 0) {
      for await (const chunk of createReadStream(file.path, { end: size - 1 })) {
        left -= (chunk as Buffer).length;
        yield chunk as Buffer;
      }
    }
    yield Buffer.alloc(left + ((BLOCK - (size % BLOCK)) % BLOCK));
  }
  yield Buffer.alloc(2 * BLOCK);
}

/** A header of POSIX ustar, for a plain file. */
function header(folder: string, name: string, size: number, seconds: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  if (Buffer.byteLength(name) > 100 || Buffer.byteLength(folder) > 155) {
    throw new RangeError(`the path is too long for a tar archive: ${folder}/${name}`);
  }
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  block.write(name, 0);
  block.write(octal(0o644, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(size, 11), 124);
  block.write(octal(seconds, 11), 136);
  block.write(' '.repeat(8), 148);
  block.write('0', 156);
  block.write('ustar\0' + '00', 257, 'latin1');
  block.write(folder, 345);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
