import { toJsonSchema } from '../../spec/json-schema.ts';
import { trainingSpec } from '../../spec/schema.ts';

/** `docs/reference/spec.schema.json`: for editors and other programs. */
export function schemaFile(): string {
  const schema = { title: 'Trainyard training spec', ...toJsonSchema(trainingSpec) };
  // `label` is for our own pages; strict validators refuse keywords they do not know.
  const isLabel = (holder: unknown, key: string, value: unknown): boolean =>
    key === 'label' && typeof value === 'string' && typeof holder === 'object';
  const text = JSON.stringify(
    schema,
    function drop(this: unknown, key: string, value: unknown): unknown {
      return isLabel(this, key, value) ? undefined : value;
    },
    2,
  );
  return `${text}\n`;
}
