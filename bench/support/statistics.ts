/** The middle and the bad end of a series. */
export interface Summary {
  readonly p50: number;
  readonly p95: number;
  readonly min: number;
  readonly max: number;
  readonly count: number;
}

/** Nearest-rank percentiles, so that every figure is one that was measured. `NaN` for an empty series. */
export function summarize(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN);
  return { p50: at(0.5), p95: at(0.95), min: at(0), max: at(1), count: sorted.length };
}

/** To a tenth of a millisecond where values are seconds. */
export function round(value: number, digits = 4): number {
  return Number(value.toFixed(digits));
}

export function ratio(value: number, reference: number): string {
  return reference > 0 ? `${(value / reference).toFixed(2)} x` : '-';
}

export function seconds(value: number): string {
  return `${value.toFixed(3)} s`;
}

export function milliseconds(value: number): string {
  return `${Math.round(value * 1000)} ms`;
}
