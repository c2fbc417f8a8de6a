/** How many runs may go on at once; `null` = any number. */
export interface SlotRules {
  readonly maxRuns: number | null;
  /** Of those that share a template, or a name where none has started them. */
  readonly maxRunsPerTemplate: number | null;
}

/** A run that wants to go on, and the activity of it that waits. */
export interface SlotWish {
  readonly workflowId: string;
  readonly runId: string;
  readonly activityId: string;
  readonly template: string;
  /** It had been granted one, and has not heard of it. */
  readonly again?: boolean;
}

export interface SlotState {
  readonly rules: SlotRules;
  readonly holders: readonly SlotWish[];
  /** In the order in which they came. */
  readonly queue: readonly SlotWish[];
  /** Templates in the order of their last grant, the latest last: who has waited longest comes next. */
  readonly served: readonly string[];
}

/** What one waiting run is told. */
export interface SlotPlace {
  readonly wish: SlotWish;
  /** For people, after `queued: `. */
  readonly reason: string;
}

/** So many of those that wait are told where they stand; the others are told that they wait. */
const TOLD = 20;
/** Templates that are remembered in turn. */
const SERVED = 200;

export function noSlots(rules: SlotRules): SlotState {
  return { rules, holders: [], queue: [], served: [] };
}

/** Puts a run into the queue; one that waits or goes on already keeps its place. The latest rules count. */
export function askSlot(state: SlotState, wish: SlotWish, rules: SlotRules): SlotState {
  const ruled = { ...state, rules };
  if (state.queue.some((other) => isSame(other, wish))) {
    return { ...ruled, queue: state.queue.map((other) => (isSame(other, wish) ? wish : other)) };
  }
  // A holder that asks again has lost the answer: it is granted its own slot anew, before anybody else.
  const holds = state.holders.some((other) => isSame(other, wish));
  if (!holds) return { ...ruled, queue: [...state.queue, wish] };
  return { ...freeSlot(ruled, wish), queue: [{ ...wish, again: true }, ...state.queue] };
}

/** Takes a run out, whether it goes on or waits. */
export function freeSlot(state: SlotState, run: Pick<SlotWish, 'workflowId' | 'runId'>): SlotState {
  const others = (wish: SlotWish): boolean => !isSame(wish, run);
  return { ...state, holders: state.holders.filter(others), queue: state.queue.filter(others) };
}

/** Lets on whom the rules let on: of the templates with room the one with the fewest runs, then the one longest not served. */
export function grantSlots(state: SlotState): { readonly state: SlotState; readonly granted: readonly SlotWish[] } {
  const granted: SlotWish[] = [];
  let now = state;
  for (let next = nextOf(now); next !== null; next = nextOf(now)) {
    const wish = next;
    granted.push(wish);
    now = {
      ...now,
      holders: [...now.holders, wish],
      queue: now.queue.filter((other) => other !== wish),
      served: [...now.served.filter((name) => name !== wish.template), wish.template].slice(-SERVED),
    };
  }
  return { state: now, granted };
}

/** Where those in front of the queue stand. */
export function slotPlaces({ queue, holders, rules }: SlotState, project: string): readonly SlotPlace[] {
  return queue.slice(0, TOLD).map((wish) => {
    const own = holders.filter(({ template }) => template === wish.template).length;
    const full = rules.maxRuns !== null && holders.length >= rules.maxRuns;
    const bound = full
      ? `${holders.length} of ${rules.maxRuns} runs of project ${project} go on`
      : `${own} of ${rules.maxRunsPerTemplate ?? '?'} runs of ${wish.template} go on`;
    const before = queue.indexOf(wish);
    return { wish, reason: before === 0 ? bound : `${bound}, ${before} before it` };
  });
}

function nextOf(state: SlotState): SlotWish | null {
  const { rules, holders, queue, served } = state;
  const again = queue.find((wish) => wish.again === true);
  if (again !== undefined) return again;
  if (rules.maxRuns !== null && holders.length >= rules.maxRuns) return null;
  const held = new Map<string, number>();
  for (const { template } of holders) held.set(template, (held.get(template) ?? 0) + 1);
  const most = rules.maxRunsPerTemplate ?? Number.POSITIVE_INFINITY;
  const first = new Map<string, SlotWish>();
  for (const wish of queue) if (!first.has(wish.template)) first.set(wish.template, wish);
  const open = [...first.values()].filter(({ template }) => (held.get(template) ?? 0) < most);
  const rank = ({ template }: SlotWish): readonly [number, number] => [
    held.get(template) ?? 0,
    served.indexOf(template),
  ];
  const [best] = open.toSorted((a, b) => {
    const [heldA, servedA] = rank(a);
    const [heldB, servedB] = rank(b);
    return heldA - heldB || servedA - servedB || queue.indexOf(a) - queue.indexOf(b);
  });
  return best ?? null;
}

function isSame(a: Pick<SlotWish, 'workflowId' | 'runId'>, b: Pick<SlotWish, 'workflowId' | 'runId'>): boolean {
  return a.workflowId === b.workflowId && a.runId === b.runId;
}
