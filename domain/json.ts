/** A value somewhere in JSON that another program wrote; `undefined` where the path leads nowhere. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let here = value;
  for (const key of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined;
    here = (here as Readonly<Record<string | number, unknown>>)[key];
  }
  return here;
}

export function textAt(value: unknown, ...path: readonly (string | number)[]): string | null {
  const found = at(value, ...path);
  return typeof found === 'string' && found !== '' ? found : null;
}

/** A number; 0 where there is none, as the API leaves zeros out. */
export function countAt(value: unknown, ...path: readonly (string | number)[]): number {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : 0;
}

export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** A condition that Kubernetes keeps in `status.conditions`. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string | null;
  readonly message: string | null;
  readonly at: string | null;
}

export function conditionsOf(object: unknown): readonly Condition[] {
  return listAt(object, 'status', 'conditions').map((entry) => ({
    type: textAt(entry, 'type') ?? '',
    status: textAt(entry, 'status') ?? '',
    reason: textAt(entry, 'reason'),
    message: textAt(entry, 'message'),
    at: textAt(entry, 'lastTransitionTime'),
  }));
}

/** The condition of that type if it is true. */
export function trueCondition(object: unknown, type: string): Condition | null {
  return conditionsOf(object).find((one) => one.type === type && one.status === 'True') ?? null;
}
