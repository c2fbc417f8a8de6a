/** A tensor as the Open Inference Protocol v2 declares it: -1 stands for any size, the first size is the batch. */
export interface TensorSpec {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

/** A tensor with values, row by row in one flat list. `null` stands for a value that is no number. */
export interface TensorData extends TensorSpec {
  readonly data: readonly (number | boolean | string | null)[];
}

/** The layout step tries a free size other than the batch with the same number. */
const ANY_SIZE = 32;

/** A shape to ask with: one row, and something for every other free size. */
export function askShape(declared: readonly number[]): readonly number[] {
  return declared.map((size, index) => (size >= 0 ? size : index === 0 ? 1 : ANY_SIZE));
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** What is wrong with an answer, in one sentence; `null` when it is as declared. */
export function faultOf(declared: readonly TensorSpec[], answered: readonly TensorData[]): string | null {
  for (const tensor of declared) {
    const got = answered.find((output) => output.name === tensor.name);
    if (got === undefined) return `the answer has no output ${tensor.name}`;
    if (!fits(tensor.shape, got.shape)) {
      return `${tensor.name} has the shape [${got.shape.join(', ')}], declared is [${tensor.shape.join(', ')}]`;
    }
    if (got.data.length !== elementCount(got.shape)) {
      return `${tensor.name} has ${got.data.length} values for the shape [${got.shape.join(', ')}]`;
    }
  }
  return null;
}

function fits(declared: readonly number[], actual: readonly number[]): boolean {
  return declared.length === actual.length && declared.every((size, index) => size === -1 || size === actual[index]);
}
