/**
 * What happens to a failure that carries a code.
 * `never`: it will not get better by itself. `retry`: the infrastructure budget applies.
 * `ask`: a person can mend it, so the run parks instead of ending.
 */
export type Fate = 'never' | 'retry' | 'ask';

/** A text in the two languages Trainyard speaks. */
export interface Bilingual {
  readonly en: string;
  readonly zh: string;
}

/** One row of the error table. */
export interface ErrorEntry {
  readonly fate: Fate;
  /** HTTP status an API answers with. */
  readonly http: number;
  /** Exit code of the command line. */
  readonly exit: number;
  /** What it means. */
  readonly what: Bilingual;
  /** What mends it; a command wherever there is one. */
  readonly fix: Bilingual;
}

/** Builds a row; a helper so that the tables below stay readable. */
export function entry(
  fate: Fate,
  http: number,
  exit: number,
  what: readonly [en: string, zh: string],
  fix: readonly [en: string, zh: string],
): ErrorEntry {
  return {
    fate,
    http,
    exit,
    what: { en: what[0], zh: what[1] },
    fix: { en: fix[0], zh: fix[1] },
  };
}
