import { canAsk, isCancellation, reportOf, toFailure } from './failures.ts';
import type { Parking } from './park.ts';
import type { RunContext } from './run-context.ts';

/** Brings what a rerun takes over into its folders, before any gate shows it. Nothing for most runs. */
export async function takeOver(context: RunContext, parking: Parking): Promise<void> {
  const { runId, inherited } = context.summary;
  if (inherited === undefined || !inherited.reused.includes('train')) return;
  for (;;) {
    try {
      return await context.activities.takeOver({ runId });
    } catch (error) {
      if (isCancellation(error)) throw error;
      const report = reportOf(error);
      if (!canAsk(report)) throw error;
      // As a stage that cannot be skipped.
      const action = await parking.park(context, 'fetch', report);
      if (action !== 'abort') continue;
      throw toFailure({ code: 'TY_RUN_ABORTED', message: `taking over: ${report.message}`, why: report.code });
    }
  }
}
