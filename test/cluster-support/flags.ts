/** `{ 'bind-address': '127.0.0.1' }` as Go programs read it; a value of true stands for the bare flag. */
export function flags(values: Readonly<Record<string, string | number | true>>): readonly string[] {
  return Object.entries(values).map(([name, value]) => (value === true ? `--${name}` : `--${name}=${value}`));
}
