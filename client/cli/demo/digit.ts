const SHADES = ' .:-=+*#%@';

/** An 8×8 digit as text, two columns a pixel so that it looks square. */
export function drawDigit(pixels: readonly number[]): readonly string[] {
  return Array.from({ length: 8 }, (_row, y) =>
    pixels
      .slice(y * 8, y * 8 + 8)
      .map((grey) => (SHADES[Math.min(SHADES.length - 1, Math.floor((grey / 256) * SHADES.length))] ?? ' ').repeat(2))
      .join(''),
  );
}
