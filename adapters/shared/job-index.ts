import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { TrainyardError } from '../../domain/errors.ts';
import { isRunId } from '../../domain/names.ts';
import { createFile, isErrno } from './json-files.ts';

/** Where a job lies. */
export interface JobPlace {
  readonly name: string;
  readonly runId: string;
  readonly dir: string;
}

/** Finds jobs by name. An entry of the active folder holds the run id of each job whose end is still to be told. */
export interface JobIndex {
  readonly activeDir: string;
  place(runId: string, name: string): JobPlace;
  /** The job of that name, of whatever run; `null` if there is none. */
  find(name: string): JobPlace | null;
  activeNames(): readonly string[];
  isActive(name: string): boolean;
  /** Lists the job as active. Returns the run that holds the name: another one's if the name was taken before. */
  activate(place: JobPlace): string;
  deactivate(name: string): void;
}

const JOB_NAME = /^[a-z][-a-z0-9]{0,62}$/;

/** What tells the jobs of one site from those of another in the same workspace. */
export interface JobIndexFiles {
  /** Folder below the root that lists the active ones. */
  readonly active: string;
  /** Name of the file that says a job is of this site. */
  readonly request: string;
}

/** An index over `<root>/runs/<run>/jobs/<job>/`. */
export function createJobIndex(root: string, files: JobIndexFiles): JobIndex {
  const activeDir = join(root, files.active);
  const known = new Map<string, JobPlace>();
  mkdirSync(activeDir, { recursive: true });

  function place(runId: string, name: string): JobPlace {
    if (!isRunId(runId) || !JOB_NAME.test(name)) {
      throw new TrainyardError('TY_INTERNAL', `job ${name} of run ${runId} cannot name a folder`);
    }
    return { name, runId, dir: join(root, 'runs', runId, 'jobs', name) };
  }

  function activeRun(name: string): string | null {
    try {
      return readFileSync(join(activeDir, name), 'utf8');
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return null;
      throw error;
    }
  }

  function search(name: string): JobPlace | null {
    const active = activeRun(name);
    const runs = active === null ? readNames(join(root, 'runs')).filter(isRunId) : [active];
    for (const runId of runs) {
      const candidate = place(runId, name);
      if (existsSync(join(candidate.dir, files.request))) return candidate;
    }
    return null;
  }

  return {
    activeDir,
    place,
    find(name) {
      if (!JOB_NAME.test(name)) return null;
      const found = known.get(name) ?? search(name);
      if (found === null || !existsSync(join(found.dir, files.request))) {
        known.delete(name);
        return null;
      }
      known.set(name, found);
      return found;
    },
    activeNames: () => readNames(activeDir).filter((name) => JOB_NAME.test(name)),
    isActive: (name) => existsSync(join(activeDir, name)),
    activate({ name, runId }) {
      if (createFile(join(activeDir, name), runId)) return runId;
      return activeRun(name) ?? runId;
    },
    deactivate: (name) => rmSync(join(activeDir, name), { force: true }),
  };
}

function readNames(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
