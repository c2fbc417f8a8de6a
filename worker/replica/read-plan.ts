import { readFile } from 'node:fs/promises';
import { TrainyardError } from '../../domain/errors.ts';
import type { ReplicaPlan } from '../../domain/replica-plan.ts';

/** The plan of the pod, which Trainyard itself has written. Throws `TY_INTERNAL` for one of another version. */
export async function readPlan(path: string): Promise<ReplicaPlan> {
  const text = await readFile(path, 'utf8');
  const value: unknown = JSON.parse(text);
  const schema = typeof value === 'object' && value !== null && 'schema' in value ? value.schema : null;
  if (schema === 1) return value as ReplicaPlan;
  throw new TrainyardError('TY_INTERNAL', 'the plan of this pod is of another version of Trainyard', {
    where: path,
    why: `its schema is ${String(schema)}`,
    fix: 'give workspace.replicas.image of the site the version of the worker',
  });
}
