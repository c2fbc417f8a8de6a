import { type JsonSchema, toJsonSchema } from '../../spec/json-schema.ts';
import { NOT_BUILT } from '../../spec/not-built.ts';
import { trainingSpec } from '../../spec/schema.ts';
import { cell } from './errors-page.ts';

interface Row {
  readonly path: string;
  readonly type: string;
  readonly fallback: string;
  readonly text: string;
}

/** `docs/reference/spec.md`. */
export function specPage(): string {
  const rows = walk('', toJsonSchema(trainingSpec));
  return [
    '# The spec',
    '',
    'What can stand in `trainyard.yaml`. Generated from the schema in `spec/`: change it there and run',
    '`node scripts/generate-reference.ts`. The same as JSON Schema: [spec.schema.json](spec.schema.json).',
    '',
    '- An unknown field is an error. Every fault is reported at once, with its path.',
    '- A field left out takes its default. `null` means *not set*: a default or a limit removed.',
    '- Durations: `90s`, `30m`, `1h30m`, `72h`, or seconds. Bytes: `512Mi`, `2Gi`, `10G`, or a number. Cores: `500m`, `2.5`.',
    '- `[kind: x]` marks fields of one kind only, `*` any name, `[]` the entries of a list.',
    '- In arguments of commands `{code}`, `{dataset}`, `{model}`, `{output}` and `{package}` stand for those folders.',
    '- *Not built* fields are in the schema already and refused with `TY_SPEC_NOT_BUILT`.',
    '',
    '| field | type | default | what |',
    '| --- | --- | --- | --- |',
    ...rows.map(({ path, type, fallback, text }) => `| \`${path}\` | ${cell(type)} | ${fallback} | ${cell(text)} |`),
    '',
  ].join('\n');
}

function walk(path: string, node: JsonSchema): Row[] {
  return [...fieldsOf(node, path), ...entriesOf(node, path)];
}

function fieldsOf(node: JsonSchema, path: string): Row[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) =>
    field(join(path, key), child, node.required?.includes(key) === true),
  );
}

function field(path: string, child: JsonSchema, required: boolean): Row[] {
  if (child.const !== undefined && path.endsWith('.kind')) return [];
  const kinds = branches(child).filter((branch) => branch.properties?.['kind']?.const !== undefined);
  return [
    { path, type: typeOf(child), fallback: fallbackOf(child, required), text: textOf(path, child) },
    ...(kinds.length > 0
      ? kinds.flatMap((branch) => walk(`${path}[kind: ${String(branch.properties?.['kind']?.const)}]`, branch))
      : branches(child).flatMap((branch) => walk(path, branch))),
  ];
}

function entriesOf(node: JsonSchema, path: string): Row[] {
  const open = node.additionalProperties;
  return [
    ...(node.items?.properties === undefined ? [] : walk(`${path}[]`, node.items)),
    ...(typeof open === 'object' ? branches(open).flatMap((branch) => walk(`${path}.*`, branch)) : []),
  ];
}

function branches(node: JsonSchema): readonly JsonSchema[] {
  const choice = node.oneOf ?? node.anyOf;
  return choice === undefined ? [node] : choice.flatMap(branches);
}

function typeOf(node: JsonSchema): string {
  if (node.label !== undefined) return node.label;
  const choice = node.oneOf ?? node.anyOf;
  if (choice !== undefined) return [...new Set(choice.map(typeOf))].join(' or ');
  if (node.const !== undefined) return `\`${text(node.const)}\``;
  if (node.enum !== undefined) return node.enum.map((value) => `\`${text(value)}\``).join(', ');
  const words: Readonly<Record<string, string>> = {
    string: 'text',
    integer: `whole number${range(node)}`,
    number: 'number',
    boolean: 'true or false',
    object: node.properties?.['kind']?.const === undefined ? 'fields' : 'fields of its kind',
    null: '`null`',
  };
  if (node.type === 'array') return `list of ${typeOf(node.items ?? {})}`;
  return words[node.type ?? ''] ?? 'anything';
}

function range({ minimum, exclusiveMinimum, maximum }: JsonSchema): string {
  const top = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  const least = exclusiveMinimum === undefined ? minimum : exclusiveMinimum + 1;
  if (least === undefined || least < -1e9) return top === undefined ? '' : ` up to ${top}`;
  return top === undefined ? ` from ${least}` : ` ${least} to ${top}`;
}

function fallbackOf(node: JsonSchema, required: boolean): string {
  if (required) return '**required**';
  if (node.default === undefined) return '';
  return typeof node.default === 'object' ? '' : `\`${text(node.default)}\``;
}

function descriptionOf(node: JsonSchema): string {
  const choice = node.oneOf ?? node.anyOf ?? [];
  return node.description ?? choice.map(descriptionOf).find((text) => text !== '') ?? '';
}

function textOf(path: string, node: JsonSchema): string {
  const text = descriptionOf(node);
  const plain = path.replaceAll(/\[[^\]]*\]/g, '');
  const whole = NOT_BUILT.some(
    (rule) => rule.values === undefined && (plain === rule.path || plain.startsWith(`${rule.path}.`)),
  );
  const values = NOT_BUILT.flatMap((rule) => (kindHolder(rule.path) === plain ? (rule.values ?? []) : []));
  const kind = /\[kind: ([^\]]+)\]/.exec(path);
  const reserved = kind !== null && NOT_BUILT.some((rule) => rule.values?.includes(kind[1]) === true);
  if (whole || reserved) return `${text}. *Not built*`;
  return values.length === 0
    ? text
    : `${text}. *Not built*: ${values.map((value) => `\`${String(value)}\``).join(', ')}`;
}

/** `backend.kind` is told at `backend`, which stands for all its kinds. */
function kindHolder(path: string): string {
  return path === 'package.kind' ? path : path.replace(/\.kind$/, '');
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
