import type { IncomingMessage, ServerResponse } from 'node:http';

/** What the server does instead of answering properly. */
export type FaultAction =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'redirect'; readonly to: string }
  /** Takes the request and never answers. */
  | { readonly kind: 'hang' }
  /** Does all of the work, then closes the connection without an answer. */
  | { readonly kind: 'drop-reply' }
  /** Answers properly, later. */
  | { readonly kind: 'delay'; readonly ms: number };

export interface Fault {
  /** Matched against `METHOD /path?query`. */
  readonly match: RegExp;
  readonly action: FaultAction;
  /** How often it strikes; without it, always. */
  readonly times?: number;
  /** Strikes such a share of the requests, by chance; without it, all. */
  readonly share?: number;
}

export interface Faults {
  add(fault: Fault): void;
  clear(): void;
  /** How many requests were met by a fault, those that still hang included. */
  hits(): number;
  /** The action for a request; counts it. */
  next(line: string): FaultAction | null;
}

export function createFaults(): Faults {
  let faults: { fault: Fault; left: number }[] = [];
  let hits = 0;
  return {
    hits: () => hits,
    add: (fault) => void faults.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }),
    clear: () => {
      faults = [];
    },
    next: (line) => {
      const found = faults.find(
        ({ fault, left }) => left > 0 && fault.match.test(line) && Math.random() < (fault.share ?? 1),
      );
      if (found === undefined) return null;
      found.left -= 1;
      hits += 1;
      return found.fault.action;
    },
  };
}

/** Carries out the faults that replace an answer; true when the request is dealt with. */
export function strike(action: FaultAction, request: IncomingMessage, response: ServerResponse): boolean {
  switch (action.kind) {
    case 'status':
      request.resume();
      response.writeHead(action.status, action.headers).end(action.body ?? '');
      return true;
    case 'redirect':
      request.resume();
      response.writeHead(302, { location: action.to }).end();
      return true;
    case 'hang':
      request.resume();
      return true;
    case 'drop-reply':
    case 'delay':
      return false;
  }
}
