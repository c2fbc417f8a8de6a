/** What setup knows of a computer. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly root: string;
  readonly checkout: string;
  readonly platform: string;
  readonly arch: string;
  readonly isAdmin: boolean;
  readonly nodeVersion?: string;
  readonly freeBytes?: number;
  readonly reporter: Reporter;
  readonly found: Record<string, string>;
  /** Answers given beforehand instead of asking the network. */
  npmProbe?: Promise<{ readonly ok: boolean; readonly why: string }> | { readonly ok: boolean; readonly why: string };
}

export interface Task {
  note(text: string): void;
  done(): void;
  fail(why: string): void;
}

export interface Reporter {
  say(line: string): void;
  task(title: string, detail: string): Task;
}

export interface Way {
  readonly how: string;
  readonly size: string;
  readonly time: string;
  /** Bytes it takes with everything that is kept beside it. */
  readonly room?: number;
  get(task: Task, scratch: string): Promise<string>;
}

export type Plan =
  | { readonly name: string; readonly state: 'present'; readonly path: string }
  | {
      readonly name: string;
      readonly state: 'get';
      readonly why: string;
      readonly find: () => string | null | Promise<string | null>;
      readonly ways: readonly Way[];
    }
  | { readonly name: string; readonly state: 'impossible'; readonly error: Error & { render(): string } };

export function present(name: string, path: string): Plan;
export function obtainable(
  name: string,
  part: {
    readonly why: string;
    readonly find: () => string | null | Promise<string | null>;
    readonly ways: readonly Way[];
  },
): Plan;
export function impossible(
  name: string,
  error: {
    readonly code?: string;
    readonly message: string;
    readonly where: string;
    readonly why: string;
    readonly fix: string;
  },
): Plan;
export function obtain(machine: Machine, plan: Plan): Promise<string>;
