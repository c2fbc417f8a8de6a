import { TrainyardError } from '../../domain/errors.ts';

/** A way to the worker of a site that gives out its runs' files. */
export interface SiteDoor {
  /** `http://127.0.0.1:<port>`, or what the settings say. */
  readonly origin: string;
  readonly token: string;
  /** What the way itself last complained of; `null` = nothing. */
  trouble(): string | null;
  close(): Promise<void>;
}

/** An answer in bytes, with its headers. */
export interface DoorAnswer {
  readonly bytes: Buffer;
  readonly headers: Headers;
}

/** Longer than a worker ever waits for what a file gains. */
const TIMEOUT_MS = 30_000;

/**
 * Asks for one path; `null` = there is no such thing.
 * @throws TrainyardError `TY_FILES_UNREACHABLE`, `TY_FILES_TOKEN`
 */
export async function askDoor(
  { origin, token, trouble }: SiteDoor,
  site: string,
  path: string,
): Promise<DoorAnswer | null> {
  const where = `site ${site}, ${origin}`;
  const away = (why: string, cause?: unknown): TrainyardError =>
    new TrainyardError(
      'TY_FILES_UNREACHABLE',
      `the worker of site ${site} does not give out files`,
      { where, why },
      cause,
    );
  try {
    const answer = await fetch(origin + path, {
      headers: { authorization: `Bearer ${token}` },
      // Another address would be given the token.
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (answer.status === 200) return { bytes, headers: answer.headers };
    if (answer.status === 404) return null;
    if (answer.status !== 401) throw away(`it answers ${answer.status}`);
  } catch (error) {
    if (error instanceof TrainyardError) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw away(trouble() ?? (cause instanceof Error ? cause.message : String(cause)), error);
  }
  throw new TrainyardError('TY_FILES_TOKEN', `the worker of site ${site} does not know this token`, { where });
}
