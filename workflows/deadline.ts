import { CancellationScope, condition } from '@temporalio/workflow';
import { isCancellation, toFailure } from './failures.ts';
import type { RunContext } from './run-context.ts';

/**
 * The work within `limits.total`; a timer of the workflow, not Temporal's run timeout, which cleans nothing up. A run
 * that is changed while it waits may be given more time, or less: it counts from where the time began.
 */
export async function withDeadline(context: RunContext, work: () => Promise<void>): Promise<void> {
  const clock = new CancellationScope();
  const working = new CancellationScope();
  let late = false;
  const ticking = clock
    .run(() => untilLate(context, Date.now()))
    .then(() => {
      late = true;
      working.cancel();
    })
    .catch(() => {
      // Stopped with the work.
    });
  try {
    await working.run(work);
  } catch (error) {
    const asked = CancellationScope.current().consideredCancelled;
    if (!late || !isCancellation(error) || asked) throw error;
    throw toFailure({
      code: 'TY_RUN_DEADLINE',
      message: `the run took longer than limits.total, ${context.summary.limits.totalSeconds} s`,
    });
  } finally {
    clock.cancel();
    await ticking;
  }
}

/** Resolves when the time is up, as the plan has it by then. */
async function untilLate(context: RunContext, since: number): Promise<void> {
  for (;;) {
    const { totalSeconds } = context.summary.limits;
    const changed = (): boolean => context.summary.limits.totalSeconds !== totalSeconds;
    if (totalSeconds === null) {
      await condition(changed);
      continue;
    }
    const left = since + totalSeconds * 1000 - Date.now();
    if (left <= 0 || !(await condition(changed, left))) return;
  }
}
