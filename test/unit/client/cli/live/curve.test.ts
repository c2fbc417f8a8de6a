import { describe, expect, it } from 'vitest';
import { drawCurve } from '../../../../../client/cli/live/curve.ts';

const dots = (line: string): number => line.split('').reduce((sum, char) => sum + bits(char.charCodeAt(0) - 0x2800), 0);
const bits = (value: number): number => value.toString(2).replaceAll('0', '').length;

describe('drawCurve', () => {
  it('draws nothing for fewer than two points', () => {
    expect(drawCurve([], 10, 2)).toEqual([]);
    expect(drawCurve([[1, 1]], 10, 2)).toEqual([]);
  });

  it('falls from the upper left to the lower right with a falling loss', () => {
    const points = Array.from({ length: 8 }, (_, step) => [step, 8 - step] as const);
    expect(drawCurve(points, 4, 2)).toEqual(['⠑⢄', '⠀⠀⠑⢄']);
  });

  it('leaves no hole where points are sparse or steep', () => {
    const steep = drawCurve(
      [
        [0, 10],
        [1, 0],
      ],
      4,
      3,
    );
    expect(dots(steep.join(''))).toBeGreaterThanOrEqual(11);
  });

  it('draws a flat line for a loss that does not move', () => {
    const lines = drawCurve(
      [
        [0, 1],
        [1, 1],
        [2, 1],
      ],
      3,
      2,
    );
    expect(lines.filter((line) => dots(line) > 0)).toHaveLength(1);
  });

  it('keeps to its size however many points there are', () => {
    const points = Array.from({ length: 5_000 }, (_, step) => [step, Math.sin(step / 50)] as const);
    const lines = drawCurve(points, 20, 4);
    expect(lines).toHaveLength(4);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(20);
  });
});
