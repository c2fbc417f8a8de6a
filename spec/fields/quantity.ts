import { z } from 'zod';

const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

const BYTES = /^(\d+(?:\.\d+)?)(k|M|G|T|Ki|Mi|Gi|Ti|)$/;
const CORES = /^(\d+(?:\.\d+)?)(m?)$/;

export const BYTES_HINT = 'must be an amount of memory or disk such as 512Mi, 2Gi or 10G';
export const CORES_HINT = 'must be an amount of CPU such as 500m, 1 or 2.5';

/** Bytes of `512Mi`, `2Gi`, `10G`, `1048576`; `null` if the text is none. */
export function parseBytes(text: string): number | null {
  const match = BYTES.exec(text);
  if (match === null) return null;
  const bytes = Math.ceil(Number(match[1]) * (FACTORS[match[2] ?? ''] ?? 1));
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** Cores of `500m`, `1`, `2.5`; `null` if the text is none. */
export function parseCores(text: string): number | null {
  const match = CORES.exec(text);
  if (match === null) return null;
  return Number(match[1]) / (match[2] === 'm' ? 1000 : 1);
}

/** Memory or disk; parsed to bytes, above 0. A number is taken as bytes. */
export const bytes = z
  .union([z.string().regex(BYTES, { error: BYTES_HINT }), z.number()], { error: BYTES_HINT })
  .transform((value, ctx): number => {
    const amount = typeof value === 'string' ? parseBytes(value) : value;
    if (amount !== null && amount > 0 && Number.isSafeInteger(amount)) return amount;
    ctx.addIssue({ code: 'custom', message: BYTES_HINT });
    return z.NEVER;
  })
  .meta({ label: 'bytes' });

/** CPU; parsed to cores, above 0. */
export const cores = z
  .union([z.string().regex(CORES, { error: CORES_HINT }), z.number()], { error: CORES_HINT })
  .transform((value, ctx): number => {
    const amount = typeof value === 'string' ? parseCores(value) : value;
    if (amount !== null && amount > 0 && amount <= 4096) return amount;
    ctx.addIssue({ code: 'custom', message: CORES_HINT });
    return z.NEVER;
  })
  .meta({ label: 'cores' });
