import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { TrainyardError } from '../../domain/errors.ts';
import type { RunRecord } from '../../domain/record.ts';
import type { RankUsage } from '../../domain/run-state.ts';
import type { RunFiles } from '../../ports/run-files.ts';
import type { LogFile } from '../../ports/workspace.ts';
import { askDoor } from './site-door.ts';
import type { SiteDoor } from './site-door.ts';

export interface RemoteFilesOptions {
  readonly site: string;
  /** Opened when it is first needed. */
  readonly open: () => Promise<SiteDoor>;
}

/** Who follows logs looks four times a second. */
const LOOK_AGAIN_MS = 1000;
const JOB = /^[a-z][-a-z0-9]{0,62}$/;
const ROLE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

type Listed = Omit<LogFile, 'path'>;

/**
 * The files of a site's runs, asked of its worker. Logs and metrics are brought here as far as they have grown, so that
 * all that reads files can read them.
 */
export function createRemoteFiles({ site, open: openDoor }: RemoteFilesOptions): RunFiles {
  let door: Promise<SiteDoor> | null = null;
  let folder: Promise<string> | null = null;
  const looks = new Map<string, { readonly at: number; readonly files: Promise<readonly LogFile[]> }>();
  const have = new Map<string, number>();

  const ask = async (path: string) => askDoor(await (door ??= openDoor()), site, path);
  const json = async (path: string): Promise<unknown> => {
    const answer = await ask(path);
    return answer === null ? null : JSON.parse(answer.bytes.toString('utf8'));
  };
  const here = async (...names: readonly string[]): Promise<string> =>
    join(await (folder ??= mkdtemp(join(tmpdir(), 'trainyard-files-'))), ...names);

  /** Brings what a file has gained, up to `size` bytes of it. */
  async function bring(url: string, path: string, size: number): Promise<void> {
    for (let at = have.get(path) ?? 0; at < size || at === 0; at = have.get(path) ?? 0) {
      const answer = await ask(`${url}?offset=${at}`);
      const bytes = answer?.bytes ?? Buffer.alloc(0);
      const start = Number(answer?.headers.get('trainyard-offset') ?? at);
      await write(path, bytes, start);
      have.set(path, start + bytes.length);
      // A file that has been written anew has less than was listed.
      if (bytes.length === 0) return;
    }
  }

  async function bringLogs(runId: string): Promise<readonly LogFile[]> {
    const listed = ((await json(`/runs/${runId}/logs`)) ?? []) as readonly Listed[];
    const files: LogFile[] = [];
    for (const { job, role, rank, bytes } of listed.filter(isListed)) {
      const name = `${role}-${rank}.log`;
      const path = await here(runId, job, name);
      await bring(`/runs/${runId}/logs/${job}/${name}`, path, bytes);
      files.push({ job, role, rank, path, bytes: have.get(path) ?? bytes });
    }
    return files;
  }

  return {
    readRecord: async (runId) => (await json(`/runs/${runId}/record`)) as RunRecord | null,
    usage: async (runId) => ((await json(`/runs/${runId}/usage`)) ?? []) as readonly RankUsage[],
    logFiles: async (runId) => {
      const last = looks.get(runId);
      if (last !== undefined && performance.now() - last.at < LOOK_AGAIN_MS) return await last.files;
      const files = bringLogs(runId);
      looks.set(runId, { at: performance.now(), files });
      return await files;
    },
    metricsFile: async (runId) => {
      const path = await here(runId, 'metrics.jsonl');
      await bring(`/runs/${runId}/metrics`, path, Infinity);
      return path;
    },
    // The way to a site's files is to read only.
    remove: async (runId) => {
      throw new TrainyardError('TY_FILES_ELSEWHERE', `the files of run ${runId} are on site ${site}`, {
        where: `site ${site}`,
        why: 'its worker gives out files and removes none',
        fix: `trainyard run delete ${runId}, where the worker of the site runs`,
      });
    },
    close: async () => {
      await door?.then((opened) => opened.close()).catch(() => undefined);
      await folder?.then((path) => rm(path, { recursive: true, force: true })).catch(() => undefined);
    },
  };
}

/** Names become paths here: those of the other side are believed as little as anybody's. */
function isListed({ job, role, rank, bytes }: Listed): boolean {
  return JOB.test(job) && ROLE.test(role) && Number.isInteger(rank) && rank >= 0 && Number.isInteger(bytes);
}

async function write(path: string, bytes: Buffer, at: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, at === 0 ? 'w' : 'r+', 0o600);
  try {
    await file.write(bytes, 0, bytes.length, at);
  } finally {
    await file.close();
  }
}
