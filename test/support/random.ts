import fc from 'fast-check';

/** Choices of a generated case. */
export interface Random {
  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number;
  pick<T>(choices: readonly [T, ...T[]]): T;
  /** True in one of `times` cases. */
  once(times: number): boolean;
}

/** Asks a claim of many generated cases; a failure names the seed and the path that make the smallest one again. */
export function forCases(count: number, claim: (random: Random) => void): void {
  const property = fc.property(fc.gen(), (generate) => {
    const below = (bound: number): number => generate(fc.nat, { max: bound - 1 });
    claim({
      below,
      pick: (choices) => choices[below(choices.length)] ?? choices[0],
      once: (times) => below(times) === 0,
    });
  });
  fc.assert(property, { numRuns: count });
}
