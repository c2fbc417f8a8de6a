/** What the demo runs: the digits example over the three repositories, as a person would write it. */
export function demoSpec(repos: {
  readonly model: string;
  readonly dataset: string;
  readonly output: string;
}): unknown {
  return {
    name: 'digits',
    displayName: 'Handwritten digits',
    model: { repo: repos.model },
    dataset: { repo: repos.dataset },
    output: { repo: repos.output, branch: '{name}-{timestamp}' },
    recipe: { kind: 'torchrun', script: 'train.py', args: { epochs: 12 } },
    compute: { replicas: 2 },
    package: { kind: 'torchscript', script: 'export.py' },
    evaluate: { script: 'evaluate.py' },
    serve: { kind: 'local' },
  };
}
