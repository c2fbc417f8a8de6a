const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
} as const;

export type Style = keyof typeof CODES;

/** Puts a style around a text, or nothing. */
export type Paint = (style: Style, text: string) => string;

/** A paint that draws, or one that leaves texts as they are. */
export function painter(colour: boolean): Paint {
  if (!colour) return (_style, text) => text;
  return (style, text) => `\u001b[${CODES[style][0]}m${text}\u001b[${CODES[style][1]}m`;
}

interface ColourWish {
  /** `--no-color` was given. */
  readonly off: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTTY: boolean;
}

/** `--no-color`, then `NO_COLOR`, `FORCE_COLOR`, then whether it is a terminal that can. */
export function wantsColour({ off, env, isTTY }: ColourWish): boolean {
  if (off || env['NO_COLOR']) return false;
  const force = env['FORCE_COLOR'];
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false';
  return isTTY && env['TERM'] !== 'dumb' && !env['CI'];
}
