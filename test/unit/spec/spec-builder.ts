/** A spec that is right, with parts replaced: tables of faults change one thing each. */
export function specInput(parts: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    name: 'digits',
    model: { repo: 'https://git.example/ml/digits' },
    dataset: { repo: 'https://git.example/ml/digits-data', ref: 'main' },
    output: { repo: 'https://git.example/ml/digits-out' },
    recipe: { kind: 'torchrun', script: 'train.py', args: { epochs: 3 } },
    ...parts,
  };
}
