/** What a branch template can be filled with. */
export interface BranchValues {
  readonly name: string;
  readonly runId: string;
  /** RFC 3339. */
  readonly startedAt: string;
}

const PLACEHOLDER = /\{([^{}]*)\}/g;

/** Fills `{name}`, `{timestamp}` (UTC, yyyymmdd-hhmmss) and `{run}` in. */
export function expandBranch(template: string, values: BranchValues): string {
  const known: Readonly<Record<string, string>> = {
    name: values.name,
    timestamp: timestamp(values.startedAt),
    run: values.runId,
  };
  return template.replace(PLACEHOLDER, (whole, name: string) =>
    Object.hasOwn(known, name) ? (known[name] ?? whole) : whole,
  );
}

/** Names in braces that nothing is known for. */
export function unknownPlaceholders(template: string): string[] {
  const names = [...template.matchAll(PLACEHOLDER)].map(([, name = '']) => name);
  return names.filter((name) => !['name', 'timestamp', 'run'].includes(name));
}

function timestamp(startedAt: string): string {
  const [date = '', time = ''] = new Date(startedAt).toISOString().split('T');
  return `${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}`;
}
