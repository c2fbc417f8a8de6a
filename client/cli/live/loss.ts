import { tailLines } from './line-tail.ts';
import type { LineTail } from './line-tail.ts';

/** A point of the loss curve. */
export type LossPoint = readonly [step: number, loss: number];

const MOST_POINTS = 4096;

/** Follows `metrics.jsonl` and keeps the loss, thinned out when it grows long. */
export interface LossReader {
  /** Reads what is new; true if there was any. */
  refresh(): Promise<boolean>;
  points(): readonly LossPoint[];
}

/** @param file asked before each look, for it may appear late, or have to be brought here */
export function readLoss(file: () => Promise<string | null>): LossReader {
  let tail: LineTail | null = null;
  let points: LossPoint[] = [];
  return {
    refresh: async () => {
      const path = await file();
      if (path === null) return false;
      tail ??= tailLines(path);
      const found = (await tail.read()).flatMap(parsePoint);
      for (const point of found) {
        const last = points.at(-1);
        // Another attempt starts again at its first step: its curve replaces the old one.
        if (last !== undefined && point[0] < last[0]) points = [];
        points.push(point);
      }
      if (points.length > MOST_POINTS) points = thin(points);
      return found.length > 0;
    },
    points: () => points,
  };
}

/** `{"step": 3, "loss": 0.5, …}`; anything else is no point. */
export function parsePoint(line: string): LossPoint[] {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) return [];
    const step: unknown = Reflect.get(value, 'step');
    const loss: unknown = Reflect.get(value, 'loss');
    const fits = typeof step === 'number' && typeof loss === 'number' && Number.isFinite(step) && Number.isFinite(loss);
    return fits ? [[step, loss]] : [];
  } catch {
    return [];
  }
}

function thin(points: readonly LossPoint[]): LossPoint[] {
  const last = points.length - 1;
  return points.filter((_point, index) => index % 2 === 0 || index === last);
}
