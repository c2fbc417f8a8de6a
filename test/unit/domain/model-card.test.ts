import { describe, expect, it } from 'vitest';
import { modelCard, provenance, type ModelFacts } from '../../../domain/model-card.ts';

const commit = 'a'.repeat(40);

function factsOf(changes: Partial<ModelFacts> = {}, displayName: string | null = null): ModelFacts {
  const model = { kind: 'git', url: 'https://git.example/ml/digits', credential: null, ref: 'refs/heads/main', commit };
  const plan = {
    runId: 'run-digits-1',
    name: 'digits',
    displayName,
    recipe: 'command',
    model,
    code: null,
    dataset: null,
  };
  return { plan, spec: {}, artifact: null, metrics: null, ...changes } as unknown as ModelFacts;
}

describe('provenance', () => {
  it('keeps values of the environment, but not those under the name of a secret', () => {
    const env = { HF_TOKEN: 'hf_x', AWS_SECRET_ACCESS_KEY: 'y', LEVEL: '3', FROM: { secret: { name: 'n', key: 'k' } } };
    const spec = { compute: { env }, package: { compute: { env: { API_KEY: 'z' } } }, roles: [{ env: { pwd: 'w' } }] };
    expect(provenance(factsOf({ spec }))).toMatchObject({
      spec: {
        compute: { env: { ...env, HF_TOKEN: '[redacted]', AWS_SECRET_ACCESS_KEY: '[redacted]' } },
        package: { compute: { env: { API_KEY: '[redacted]' } } },
        roles: [{ env: { pwd: '[redacted]' } }],
      },
    });
  });

  it('leaves everything outside an environment as it was given', () => {
    const spec = { model: { credentials: 'forge' }, recipe: { args: { eos_token: '</s>' } } };
    expect(provenance(factsOf({ spec }))).toMatchObject({ spec });
  });
});

describe('modelCard', () => {
  it('names source and commit, and lets no text of a person become markup', () => {
    const card = modelCard(factsOf({ metrics: { 'a|b': 1 } }, 'two\nlines <script>'));
    expect(card).toContain(`| model | https://git.example/ml/digits | \`${commit}\` |`);
    expect(card).toContain('# two lines &lt;script>');
    expect(card).toContain('| a\\|b | 1 |');
  });
});
