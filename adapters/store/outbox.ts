import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Notice } from '../../domain/notice.ts';
import { isSettled, type NoticeDeliveries } from '../../domain/notices/delivery.ts';
import { isRunId } from '../../domain/names.ts';
import type { Announced, LastEnd, Outbox } from '../../ports/outbox.ts';
import { crashPoint } from '../../ports/crash-point.ts';
import { runPaths } from './run-paths.ts';

/** The longest a run id can be, and what an event adds to it. */
const NOTICE_ID = /^[A-Za-z0-9][-A-Za-z0-9._]{0,199}$/;

/**
 * The outbox of a workspace: each notice lies with its run, and while somebody is still to be told a small file in one
 * folder says so. Whoever tells looks at that folder alone, however many runs there are.
 */
export function createOutbox(root: string): Outbox {
  const directory = join(root, 'outbox');
  const paths = (runId: string) => {
    const base = runPaths(root, runId).root;
    return { notices: join(base, 'outbox'), deliveries: join(base, 'deliveries') };
  };
  const entry = (id: string): string => join(directory, safe(id));
  const readBoth = async (runId: string, id: string): Promise<Announced | null> => {
    const { notices, deliveries } = paths(runId);
    const notice = await readJson<Notice>(join(notices, `${safe(id)}.json`));
    if (notice === null) return null;
    return { notice, deliveries: await readJson<NoticeDeliveries>(join(deliveries, `${id}.json`)) };
  };

  return {
    directory,
    announce: async (notice) => {
      const { runId } = notice.run;
      if (!isRunId(runId)) throw new Error(`a run named ${JSON.stringify(runId)} cannot have an outbox`);
      const found = await readBoth(runId, notice.id);
      crashPoint('outbox.before-notice');
      if (found === null) {
        await place(directory, join(paths(runId).notices, `${notice.id}.json`), `${JSON.stringify(notice, null, 2)}\n`);
      }
      crashPoint('outbox.notice-kept');
      // Settled means told: an entry would have it told once more.
      if (found?.deliveries && isSettled(found.deliveries)) return;
      await place(directory, entry(notice.id), runId);
      crashPoint('outbox.entry-kept');
    },
    pending: async () => (await readdir(directory).catch(ifMissing<string[]>([]))).filter((id) => NOTICE_ID.test(id)),
    read: async (id) => {
      const runId = await readFile(entry(id), 'utf8').catch(ifMissing(null));
      return runId === null || !isRunId(runId) ? null : await readBoth(runId, id);
    },
    ofRun: async (runId) => {
      if (!isRunId(runId)) return [];
      const names = await readdir(paths(runId).notices).catch(ifMissing<string[]>([]));
      const ids = names.filter((name) => name.endsWith('.json')).map((name) => basename(name, '.json'));
      const found = await Promise.all(ids.map((id) => readBoth(runId, id)));
      return found.filter((one) => one !== null).toSorted((a, b) => a.notice.at.localeCompare(b.notice.at));
    },
    record: async (runId, deliveries) => {
      const { noticeId } = deliveries;
      const path = join(paths(runId).deliveries, `${safe(noticeId)}.json`);
      crashPoint('delivery.before-write');
      await place(directory, path, `${JSON.stringify(deliveries, null, 2)}\n`);
      crashPoint('delivery.written');
      if (isSettled(deliveries)) await rm(entry(noticeId), { force: true });
      crashPoint('delivery.put-away');
    },
    forget: async (id) => {
      await rm(entry(id), { force: true });
    },
    noteEnd: async ({ run, status }) => {
      const key = createHash('sha256').update(`${run.project}\n${run.name}`).digest('hex');
      const path = join(directory, '.ends', `${key}.json`);
      const last = await readJson<LastEnd>(path);
      if (last?.runId === run.runId) return last.before;
      const before = last?.status ?? null;
      const next: LastEnd = { runId: run.runId, status, before };
      crashPoint('outbox.before-end-noted');
      await place(directory, path, JSON.stringify(next));
      crashPoint('outbox.end-noted');
      return before;
    },
  };
}

/** Beside the entries but not among them, so that nobody takes a half for an entry; on the same disk for the rename. */
async function place(directory: string, path: string, text: string): Promise<void> {
  const drafts = join(directory, '.drafts');
  await mkdir(drafts, { recursive: true });
  await mkdir(dirname(path), { recursive: true });
  const draft = join(drafts, randomUUID());
  const file = await open(draft, 'wx', 0o644);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

/** `null` = it is not there, or a power cut left it without its end. */
async function readJson<T>(path: string): Promise<T | null> {
  const text = await readFile(path, 'utf8').catch(ifMissing(null));
  if (text === null) return null;
  try {
    // Written by this adapter alone.
    return JSON.parse(text) as T;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function safe(id: string): string {
  if (NOTICE_ID.test(id) && !id.includes('..')) return id;
  throw new Error(`${JSON.stringify(id)} cannot name a notice`);
}

function ifMissing<T>(fallback: T): (error: unknown) => T {
  return (error) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return fallback;
    throw error;
  };
}
