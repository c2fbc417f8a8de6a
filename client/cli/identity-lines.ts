import type { Identity } from '../sdk/identity.ts';
import type { Result } from './output.ts';

/** An identity without its private key: for people, the lines that go into the settings. */
export async function identityResult({ actor, publicKey, createdAt }: Identity, file: string): Promise<Result> {
  const { stringify } = await import('yaml');
  const settings = stringify({ identities: { [actor]: { keys: [publicKey], groups: [] } } });
  return {
    data: { actor, publicKey, createdAt, file },
    names: [publicKey],
    lines: () => settings.trimEnd().split('\n'),
  };
}
