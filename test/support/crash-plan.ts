/** A hit of a named point, as a run that nobody disturbs passes it. */
export interface Place {
  readonly name: string;
  /** The n-th hit of the run. */
  readonly nth: number;
  readonly position: number;
}

/** Places where the workers of one run are killed, one after the other. */
export interface Chain {
  readonly places: readonly Place[];
  /** What each worker is told: its own n-th hit. */
  readonly kills: readonly string[];
}

/** How many workers of one run are killed at most. */
const KILLS = 3;
/** Passed by whatever does not wait for a run's steps: when it is passed depends on time. */
const BESIDE = /^(notice|delivery|outbox|slots)\.|^job\.(before-told|told|put-away)$/;
/** Steps run side by side, and a point of the next one may have been passed already. */
const GAP = 4;

/** Every hit, in order. */
export function placesOf(passed: readonly string[]): readonly Place[] {
  const hits = new Map<string, number>();
  return passed.map((name, position) => {
    const nth = (hits.get(name) ?? 0) + 1;
    hits.set(name, nth);
    return { name, nth, position };
  });
}

/**
 * Puts places that lie in different steps of a run into one chain: it is then killed several times. Only where the count
 * is sure: what a killed step repeats must not be a hit of the places behind it.
 */
export function chainsOf(passed: readonly string[], wanted: (place: Place) => boolean): readonly Chain[] {
  const left = placesOf(passed).filter(wanted);
  const chains: Chain[] = [];
  for (let first = left.shift(); first !== undefined; first = left.shift()) {
    const places = [first];
    const kills = [`${first.name}:${first.nth}`];
    while (places.length < KILLS) {
      const last = places.at(-1) ?? first;
      const at = BESIDE.test(last.name) ? -1 : left.findIndex((place) => follows(passed, last, place));
      const [next] = at < 0 ? [] : left.splice(at, 1);
      if (next === undefined) break;
      const own = passed.slice(endOfStep(passed, last.position), next.position + 1);
      places.push(next);
      kills.push(`${next.name}:${own.filter((name) => name === next.name).length}`);
    }
    chains.push({ places, kills });
  }
  return chains;
}

function follows(passed: readonly string[], last: Place, place: Place): boolean {
  const end = endOfStep(passed, last.position);
  if (place.position < end + GAP || BESIDE.test(place.name)) return false;
  // The killed step is done again, and passes its places again.
  return !passed.slice(startOfStep(passed, last.position), end).includes(place.name);
}

function endOfStep(passed: readonly string[], position: number): number {
  const at = passed.indexOf('step.done', position);
  return at < 0 ? passed.length : at + 1;
}

function startOfStep(passed: readonly string[], position: number): number {
  return position === 0 ? 0 : passed.lastIndexOf('step.done', position - 1) + 1;
}
