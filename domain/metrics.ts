/** Parses `metrics.json`: a flat object of finite numbers; `null` when it is anything else. */
export function parseMetrics(text: string): Readonly<Record<string, number>> | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const entries = Object.entries(value);
  if (entries.length === 0) return null;
  if (!entries.every(([, number]) => typeof number === 'number' && Number.isFinite(number))) return null;
  return Object.fromEntries(entries);
}
