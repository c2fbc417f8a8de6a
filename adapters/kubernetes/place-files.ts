import { createHash } from 'node:crypto';
import { chown, cp, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { TrainyardError } from '../../domain/errors.ts';
import type { JobRequest } from '../../domain/job.ts';
import { podNeeds } from '../../domain/pod-needs.ts';

interface Owner {
  readonly user: number;
  readonly group: number;
}

/** Makes what the pods write into, owned by the user they run as. Throws `TY_WORKSPACE_OWNER` when that is not possible. */
export async function placeNeeds(request: JobRequest, owner: Owner): Promise<void> {
  const needs = podNeeds(request);
  for (const directory of needs.directories) {
    await mkdir(directory, { recursive: true });
    await own(directory, owner);
  }
  for (const path of needs.files) {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'a');
    await file.close();
    await own(path, owner);
  }
}

async function own(path: string, { user, group }: Owner): Promise<void> {
  const { uid, gid } = await stat(path);
  if (uid === user && gid === group) return;
  try {
    await chown(path, user, group);
  } catch (error) {
    throw new TrainyardError('TY_WORKSPACE_OWNER', `${path} cannot be given to the user that the pods run as`, {
      where: `runAs of the site: ${user}:${group}`,
      why: `it belongs to ${uid}:${gid}, the worker is user ${process.getuid?.() ?? '?'}: ${String(error)}`,
      fix: `run the worker as user ${user}, or set runAs of the site to the worker's user and group`,
    });
  }
}

/** Trainyard's own programs, copied once into the workspace, where pods can see them. */
export async function placeAssets(root: string, assets: string): Promise<string> {
  if (assets.startsWith(`${root}/`)) return assets;
  const target = join(root, 'assets', await digestOf(assets));
  if ((await stat(target).catch(() => null)) !== null) return target;
  const beside = `${target}.${process.pid}.new`;
  await mkdir(dirname(target), { recursive: true });
  await cp(assets, beside, { recursive: true });
  await rename(beside, target).catch(async (error: unknown) => {
    await rm(beside, { recursive: true, force: true });
    if ((await stat(target).catch(() => null)) === null) throw error;
  });
  return target;
}

async function digestOf(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.toSorted()) hash.update(file.slice(folder.length)).update(await readFile(file));
  return hash.digest('hex').slice(0, 16);
}
