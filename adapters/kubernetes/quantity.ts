const SCALES: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** The number that a quantity of Kubernetes stands for (`250m`, `12Ki`, `1e3`); `null` where it is none. */
export function parseQuantity(text: unknown): number | null {
  const [, amount, scale = ''] = /^(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(String(text)) ?? [];
  const factor = Object.hasOwn(SCALES, scale) ? SCALES[scale] : undefined;
  return amount === undefined || factor === undefined ? null : Number(amount) * factor;
}
