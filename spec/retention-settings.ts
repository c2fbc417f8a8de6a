import { z } from 'zod';
import type { Retention } from '../domain/retention.ts';
import { duration } from './fields/duration.ts';

/** How long what runs leave is kept in the workspace. */
export const retentionField = z
  .strictObject({
    runs: duration.nullable().optional().describe('Everything of a run that has ended; left out or `null`, for ever'),
    outputs: duration
      .nullable()
      .optional()
      .describe('What it trained and packaged, while its record and logs stay; left out or `null`, as long as the run'),
  })
  .describe('How long what ended runs leave is kept in the workspace');

/** The retention of several layers of the settings, the first that says something counts. */
export function mergeRetention(layers: readonly (z.output<typeof retentionField> | undefined)[]): Retention {
  const first = (name: 'runs' | 'outputs'): number | null =>
    layers.map((layer) => layer?.[name]).find((value) => value !== undefined) ?? null;
  return { runsSeconds: first('runs'), outputsSeconds: first('outputs') };
}
