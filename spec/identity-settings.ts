import { z } from 'zod';
import { TrainyardError } from '../domain/errors.ts';
import { isPublicKey } from '../domain/gates/statement.ts';
import { ACTOR_PATTERN } from './fields/gates.ts';

const actor = z
  .string()
  .regex(ACTOR_PATTERN, { error: 'must be a name of letters, digits, "-", ".", "_", "@" and "+"' });

const key = z.string().refine(isPublicKey, {
  error: 'must be an Ed25519 public key, base64 of its 32 bytes: trainyard identity show prints it',
});

const identity = z.strictObject({
  keys: z.array(key).max(10).default([]).describe('Ed25519 public keys, base64; `trainyard identity show` prints them'),
  groups: z.array(actor).max(50).default([]).describe('Groups that approvers of gates name as `group:NAME`'),
});

/** `identities:` of the settings file. */
export const identitiesField = z.record(actor, identity).describe('People who may decide at gates');

/** People of the settings: what they sign with, and which groups they are in. */
export type Identities = Readonly<
  Record<string, { readonly keys: readonly string[]; readonly groups: readonly string[] }>
>;

/**
 * The people of several layers of the settings, the later ones replacing those of the same name.
 * @throws TrainyardError `TY_SETTINGS_INVALID` where two people have one key: one of them could vote twice
 */
export function mergeIdentities(layers: readonly (z.output<typeof identitiesField> | undefined)[]): Identities {
  const all: Identities = Object.fromEntries(layers.flatMap((layer) => Object.entries(layer ?? {})));
  const owners = new Map<string, string>();
  for (const [name, { keys }] of Object.entries(all)) {
    for (const one of keys) {
      const owner = owners.get(one);
      if (owner !== undefined && owner !== name) throw sharedKey(owner, name, one);
      owners.set(one, name);
    }
  }
  return all;
}

function sharedKey(owner: string, name: string, shared: string): TrainyardError {
  return new TrainyardError('TY_SETTINGS_INVALID', `${owner} and ${name} have the same key`, {
    where: `~/.config/trainyard/config.yaml: identities.${name}.keys`,
    why: `${shared.slice(0, 12)}… could vote twice where two must approve`,
    fix: `trainyard identity create ${name}, and put the key it prints there`,
  });
}
