/** A place in a queue for one of a fixed number of slots. */
export interface Ticket {
  readonly isGranted: boolean;
  /** Gives the slot back, or leaves the queue. */
  release(): void;
}

export interface Slots {
  /**
   * First come, first served.
   * @param granted called when the slot is this one's, at the latest; not if it is free at once
   */
  queue(granted: () => void): Ticket;
}

export function createSlots(count: number): Slots {
  const waiting = new Set<{ isGranted: boolean; readonly granted: () => void }>();
  let free = count;

  return {
    queue: (granted) => {
      const place = { isGranted: free > 0, granted };
      if (place.isGranted) free -= 1;
      else waiting.add(place);
      let isReleased = false;
      return {
        get isGranted() {
          return place.isGranted;
        },
        release: () => {
          if (isReleased) return;
          isReleased = true;
          if (!place.isGranted) return void waiting.delete(place);
          const [next] = waiting;
          if (next === undefined) return void (free += 1);
          waiting.delete(next);
          next.isGranted = true;
          next.granted();
        },
      };
    },
  };
}
