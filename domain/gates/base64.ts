const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/**
 * The bytes of canonical base64 (RFC 4648, padded), `null` for anything else: so that the same bytes are never
 * written in two ways. By hand, because a workflow's sandbox has neither `Buffer` nor `atob`.
 */
export function fromBase64(text: string, length: number): Uint8Array | null {
  const padding = (3 - (length % 3)) % 3;
  if (text.length !== ((length + padding) / 3) * 4 || !text.endsWith('='.repeat(padding))) return null;
  const bytes = new Uint8Array(length);
  let buffer = 0;
  let bits = 0;
  let filled = 0;
  for (let index = 0; index < text.length - padding; index += 1) {
    const value = LETTERS.indexOf(text.charAt(index));
    if (value < 0) return null;
    buffer = ((buffer << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[filled] = (buffer >>> bits) & 255;
    filled += 1;
  }
  // What is left over of the last letter must be zero.
  return (buffer & ((1 << bits) - 1)) === 0 ? bytes : null;
}
