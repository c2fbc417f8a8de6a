/** One line of `doctor`. */
export interface SiteFinding {
  readonly name: string;
  readonly state: 'ok' | 'warn' | 'missing';
  readonly found: string;
  /** The command that mends it; `null` when there is nothing to mend. */
  readonly fix: string | null;
}

export const ok = (name: string, found: string): SiteFinding => ({ name, state: 'ok', found, fix: null });

export const warn = (name: string, found: string, fix: string): SiteFinding => ({ name, state: 'warn', found, fix });

export const missing = (name: string, found: string, fix: string): SiteFinding => ({
  name,
  state: 'missing',
  found,
  fix,
});
