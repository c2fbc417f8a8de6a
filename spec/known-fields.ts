import type { z } from 'zod';
import type { JsonSchema } from './json-schema.ts';
import { toJsonSchema } from './json-schema.ts';

const built = new WeakMap<z.ZodType, JsonSchema>();

/** Names of the fields that may stand at a path; where `kind` chooses, those of the chosen kind. */
export function keysAt(schema: z.ZodType, path: readonly PropertyKey[], input: unknown): string[] {
  const nodes = descend(schema, path, input);
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}

/** Values a field at a path may take, where there are only so many. */
export function expectedAt(schema: z.ZodType, path: readonly PropertyKey[], input: unknown): string[] {
  const nodes = descend(schema, path, input, true);
  return [
    ...new Set(nodes.flatMap((node) => (node.const === undefined ? (node.enum ?? []) : [node.const])).map(String)),
  ];
}

/** The nodes of the JSON Schema that describe a path; several below a choice. */
function descend(schema: z.ZodType, path: readonly PropertyKey[], input: unknown, every = false): JsonSchema[] {
  let value: unknown = input;
  let nodes = choose(describe(schema), every && path.length === 1 ? undefined : value);
  path.forEach((key, index) => {
    value = typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
    // The parent of the last step must keep all its kinds: its own `kind` is what is wrong.
    const open = every && index >= path.length - 2;
    nodes = nodes.flatMap((node) => choose(child(node, key), open ? undefined : value));
  });
  return nodes;
}

function describe(schema: z.ZodType): JsonSchema {
  const known = built.get(schema);
  if (known !== undefined) return known;
  const made = toJsonSchema(schema);
  built.set(schema, made);
  return made;
}

function child(node: JsonSchema, key: PropertyKey): JsonSchema {
  if (node.properties !== undefined && Object.hasOwn(node.properties, key)) return node.properties[String(key)] ?? {};
  if (typeof key === 'number') return node.items ?? {};
  return typeof node.additionalProperties === 'object' ? node.additionalProperties : {};
}

function choose(node: JsonSchema, value: unknown): JsonSchema[] {
  const branches = node.oneOf ?? node.anyOf;
  if (branches === undefined) return [node];
  const kind: unknown = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
  const all = branches.flatMap((branch) => choose(branch, value));
  const chosen = all.filter((branch) => kind !== undefined && branch.properties?.['kind']?.const === kind);
  return chosen.length > 0 ? chosen : all;
}
