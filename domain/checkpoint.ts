/** Where a trainer leaves what it can go on from, and how it is told to. Part of what a recipe makes of its parameters. */
export interface CheckpointPlan {
  /**
   * Relative to the output folder: a file, a folder whose newest entry counts, or names with `*` in their last part
   * (`checkpoint-*`), of which the newest counts.
   */
  readonly path: string;
  /** Arguments behind all others when there is a checkpoint; `{checkpoint}` is its absolute path as the job sees it. */
  readonly resume: readonly string[];
  /** What an attempt after a fault of the program starts from: the newest checkpoint, or what the run began with. */
  readonly onCodeFailure: 'resume' | 'restart';
  /** Run whose newest checkpoint the first attempt starts from. */
  readonly from: string | null;
}

/** A checkpoint that is there. */
export interface FoundCheckpoint {
  /** Relative to the output folder, parts divided by `/`. */
  readonly path: string;
  /** When it was last written to, RFC 3339. */
  readonly at: string;
}

/** What a run was begun with. */
export interface WarmStart {
  /** The run that made it. */
  readonly runId: string;
  /** Where it was in that run's output folder. */
  readonly source: string;
  /** Where its copy is in this run's output folder. */
  readonly path: string;
  /** When it was written, RFC 3339. */
  readonly at: string;
}

/** Names that programs give to what they have not finished writing. */
const UNFINISHED = [
  /^[.~#]/,
  /~$/,
  /^te?mp([-_.]|\d|$)/i,
  /[-_.]te?mp([-_.]|\d|$)/i,
  /[-_.](part|partial|incomplete|writing|unfinished|lock)(\d*)$/i,
];

/** Whether a name says that its file or folder is still being written. */
export function isUnfinished(name: string): boolean {
  return UNFINISHED.some((pattern) => pattern.test(name));
}

/** Whether a name fits one with `*` in it. */
export function fitsName(name: string, wanted: string): boolean {
  const parts = wanted.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('[^/]*')}$`).test(name);
}

/** The newest; of those written in the same moment the one with the highest number. */
export function newestOf(found: readonly FoundCheckpoint[]): FoundCheckpoint | null {
  const byAge = (one: FoundCheckpoint, other: FoundCheckpoint): number =>
    Date.parse(other.at) - Date.parse(one.at) || other.path.localeCompare(one.path, 'en', { numeric: true });
  return found.toSorted(byAge)[0] ?? null;
}

/**
 * Where a copy of another run's checkpoint belongs in the output folder.
 * @param source where it was in that run's output folder
 * @param declared the path that run declared
 */
export function placeOfCopy(path: string, source: string, declared: string): string {
  if (path === declared) return source;
  const name = source.slice(source.lastIndexOf('/') + 1);
  const slash = path.lastIndexOf('/');
  const last = path.slice(slash + 1);
  if (last.includes('*')) return slash === -1 ? name : `${path.slice(0, slash)}/${name}`;
  // `last.pt` is a file to be replaced, `checkpoints` a folder to be filled.
  return /^.+\.[A-Za-z]\w*$/.test(last) ? path : `${path}/${name}`;
}
