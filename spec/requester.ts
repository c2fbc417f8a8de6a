import { TrainyardError } from '../domain/errors.ts';
import { requesterHolds } from '../domain/gates/statement.ts';
import { canonicalDigest } from './canonical-digest.ts';
import type { Identities } from './identity-settings.ts';

/** What a claim is held against. */
export interface ClaimContext {
  /** Id of the run. */
  readonly run: string;
  /** The document as the workflow got it. */
  readonly document: unknown;
  readonly identities: Identities;
}

/**
 * Who started a run: the actor of the memo `trainyardRequester`, if the settings know them and the signature is theirs;
 * `null` where nobody claims it, or somebody whom the settings do not know.
 * @throws TrainyardError `TY_GATE_REQUESTER` for a signature that is not by the one who is named
 */
export function requesterOf(claim: unknown, { run, document, identities }: ClaimContext): string | null {
  if (typeof claim !== 'object' || claim === null) return null;
  const { actor, signature } = claim as { readonly actor?: unknown; readonly signature?: unknown };
  if (typeof actor !== 'string' || typeof signature !== 'string') return null;
  const known = Object.hasOwn(identities, actor) ? identities[actor] : undefined;
  if (known === undefined || known.keys.length === 0) return null;
  if (requesterHolds({ run, actor, specDigest: canonicalDigest(document) }, signature, known.keys)) return actor;
  throw new TrainyardError(
    'TY_GATE_REQUESTER',
    `the run says that ${actor} started it, and ${actor} did not sign that`,
    {
      where: `run ${run}`,
      why: `the signature is not by a key of ${actor} in the settings, or is over another run or spec`,
      fix: 'trainyard identity show, and compare its key with the one in the settings of the worker',
    },
  );
}
