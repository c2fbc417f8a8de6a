import { z } from 'zod';
import { RERUN_STAGES, type RerunRequest } from '../domain/rerun.ts';
import { TrainyardError } from '../domain/errors.ts';
import { inBothLanguages, summarize, toSpecIssues } from './issues.ts';

const request = z.strictObject({
  of: z.string().min(1).max(1000),
  from: z.enum(RERUN_STAGES),
  set: z.array(z.string().max(32_768)).max(50).optional(),
  site: z.string().min(1).max(100).optional(),
});

/** The request of any client to go on from another run. Throws `TY_SPEC_INVALID`, the paths below `rerun`. */
export function readRerun(given: unknown): RerunRequest {
  const parsed = request.safeParse(given);
  if (!parsed.success) {
    const issues = toSpecIssues(request, given, parsed.error.issues);
    const within = issues.map((issue) => ({ ...issue, path: `rerun.${issue.path}`.replace(/\.$/, '') }));
    throw new TrainyardError('TY_SPEC_INVALID', summarize('the request', within), {
      where: 'second argument of the workflow',
      issues: inBothLanguages(within),
    });
  }
  const { of, from, set, site } = parsed.data;
  return { of, from, ...(set === undefined ? {} : { set }), ...(site === undefined ? {} : { site }) };
}
