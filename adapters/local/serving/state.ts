import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { TrainyardError } from '../../../domain/errors.ts';
import type { ProcessIdentity } from '../process.ts';

/** A version that is, was or shall be behind a service: all that is needed to start it again. */
export interface Served {
  readonly version: string;
  readonly model: string;
  readonly directory: string;
  readonly log: string;
  /** Seconds the server gets to become ready. */
  readonly readySeconds: number;
  /** Seconds it took; 0 until it was ready. */
  readonly startSeconds: number;
}

/** The process that listens for a service. */
export interface Running extends ProcessIdentity {
  readonly version: string;
}

/** `published/<service>/service.json`: the intent is written before the process is started. */
export interface ServiceState {
  readonly service: string;
  readonly port: number;
  /** What should be serving: ready once, with a right answer. */
  readonly current: Served | null;
  /** What served before it, for the undo. */
  readonly before: Served | null;
  /** What is being put in its place; kept across a crash. */
  readonly trying: Served | null;
  readonly running: Running | null;
}

const SERVICE = /^[A-Za-z0-9][-A-Za-z0-9._]{0,99}$/;

export interface ServiceStore {
  /** The service's folder, absolute: also the mark by which its processes are known. */
  folder(service: string): string;
  read(service: string): Promise<ServiceState | null>;
  write(state: ServiceState): Promise<void>;
  remove(service: string): Promise<void>;
  list(): Promise<readonly ServiceState[]>;
}

export function createServiceStore(root: string): ServiceStore {
  const published = join(root, 'published');
  const folder = (service: string): string => {
    if (SERVICE.test(service)) return join(published, service);
    throw new TrainyardError('TY_SPEC_INVALID', `${JSON.stringify(service)} cannot name a service`, {
      where: 'serve.name',
      why: 'letters, digits, dots and dashes only',
    });
  };
  const file = (service: string): string => join(folder(service), 'service.json');
  const read = (service: string): Promise<ServiceState | null> => readState(file(service));
  return {
    folder,
    read,
    write: async (state) => {
      await mkdir(folder(state.service), { recursive: true });
      await writeFileAtomic(file(state.service), `${JSON.stringify(state, null, 2)}\n`);
    },
    remove: (service) => rm(file(service), { force: true }),
    list: async () => {
      const entries = await readdir(published, { withFileTypes: true }).catch(() => []);
      const names = entries.filter((entry) => entry.isDirectory() && SERVICE.test(entry.name));
      const states = await Promise.all(names.map(({ name }) => read(name)));
      return states.filter((state) => state !== null);
    },
  };
}

async function readState(file: string): Promise<ServiceState | null> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw unreadable(file, error);
  });
  if (text === null) return null;
  try {
    const state = JSON.parse(text) as ServiceState;
    if (typeof state.service !== 'string' || !Number.isInteger(state.port)) throw new Error('no service and port');
    return state;
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): TrainyardError {
  return new TrainyardError('TY_WORKSPACE_FAILED', "a service's state cannot be read", {
    where: file,
    why: error instanceof Error ? error.message : String(error),
    fix: 'remove the file and register the service again',
  });
}
