import { parseArgs } from 'node:util';

/** Reads `--name N` options that are positive whole numbers; anything else ends the bench with the usage. */
export function numberOptions<const K extends string>(
  command: string,
  defaults: Readonly<Record<K, number>>,
): Readonly<Record<K, number>> {
  const names = Object.keys(defaults) as K[];
  const usage = `usage: npm run ${command} -- ${names.map((name) => `[--${name} N]`).join(' ')}`;
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  try {
    const { values } = parseArgs({ options, strict: true });
    const numbers = names.map((name) => {
      const text: unknown = values[name];
      const value = text === undefined ? defaults[name] : Number(text);
      if (!Number.isInteger(value) || value < 0)
        throw new Error(`--${name} takes a whole number, not "${String(text)}"`);
      return [name, value] as const;
    });
    return Object.fromEntries(numbers) as Record<K, number>;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    process.exit(2);
  }
}
