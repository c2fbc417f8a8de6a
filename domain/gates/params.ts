import { withoutSecrets } from '../model-card.ts';

/** The parts of a spec that say what was trained and how it was judged. */
const SHOWN = ['recipe', 'roles', 'package', 'evaluate'] as const;
const SHOWN_OF_COMPUTE = ['image', 'replicas', 'procsPerReplica', 'accelerator'] as const;

/** What an approver is shown of a parsed spec. Values under the names of secrets are left out. */
export function gateParams(spec: unknown): Readonly<Record<string, unknown>> {
  const compute = pick(fieldOf(spec, 'compute'), SHOWN_OF_COMPUTE);
  const params = { ...pick(spec, SHOWN), ...(Object.keys(compute).length > 0 ? { compute } : {}) };
  return withoutSecrets(params) as Readonly<Record<string, unknown>>;
}

function pick(value: unknown, names: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const found = fieldOf(value, name);
      const empty = found === undefined || found === null || (Array.isArray(found) && found.length === 0);
      return empty ? [] : [[name, found]];
    }),
  );
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}
