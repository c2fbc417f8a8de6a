import { z } from 'zod';
import { LONGEST_EXPRESSION, parseExpression } from '../../domain/gates/expression.ts';
import { isRunId } from '../../domain/names.ts';
import { duration } from './duration.ts';

/** Names of people and of groups: mail addresses are names too. `:` tells a group from a person. */
export const ACTOR_PATTERN = /^[\p{L}\p{N}][-\p{L}\p{N}._@+]{0,99}$/u;

export const GROUP_PREFIX = 'group:';

/** The baseline that is no run. */
export const SERVING = 'serving';

const metric = z
  .string()
  .max(LONGEST_EXPRESSION)
  .superRefine((text, ctx) => {
    const parsed = parseExpression(text);
    if (parsed.ok) return;
    ctx.addIssue({ code: 'custom', message: `is no condition: at character ${parsed.at + 1}, ${parsed.message}` });
  });

const approver = z.string().refine((text) => ACTOR_PATTERN.test(text.replace(/^group:/, '')), {
  error: 'must be the name of a person, or group:NAME',
});

const span = duration.refine((seconds) => seconds >= 1, { error: 'must be at least 1s' }).meta({ label: 'duration' });

const gate = z.strictObject({
  metric: metric
    .optional()
    .describe(
      'Condition that lets the run pass by itself, for instance `mAP50 >= 0.6 and regress(mAP50) < 0.01`; left out, people decide',
    ),
  otherwise: z
    .enum(['ask', 'reject'])
    .optional()
    .describe(
      'What happens when the condition does not hold: people are asked (so it is when left out), or the run ends',
    ),
  baseline: z
    .string()
    .refine(isRunId, { error: 'must be the id of a run, or serving' })
    .optional()
    .describe(
      'What `baseline`, `regress` and `rise` compare with: a run, or `serving`; left out, what the service serves now, if it does',
    ),
  approvers: z
    .array(approver)
    .max(50)
    .default([])
    .describe(
      'Who may decide: names of the settings, or `group:NAME`; left out, whoever has this machine to themselves',
    ),
  quorum: z.int().min(1).max(50).default(1).describe('How many of them must approve; one rejection is enough'),
  requester: z
    .enum(['allowed', 'refused'])
    .optional()
    .describe('Whether who started the run may decide; left out, refused where there are approvers'),
  deadline: span.nullable().prefault('72h').describe('How long people have; `null` for ever'),
  default: z.enum(['approve', 'reject']).default('reject').describe('What holds when they have not decided by then'),
  remind: span.nullable().prefault('24h').describe('How often they are reminded; `null` for never'),
});

export const gates = z
  .strictObject({
    train: gate.optional().describe('Before training'),
    push: gate.optional().describe('Before the result is pushed'),
    register: gate.optional().describe('Before the service is changed'),
  })
  .describe('Places where a run waits for a decision');

export type GateSpec = z.output<typeof gate>;
