import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { RunStates } from '../ports/run-states.ts';

const OVER: readonly string[] = ['TERMINATED', 'TIMED_OUT', 'FAILED', 'CANCELLED', 'COMPLETED'];

export function createRunStates(client: Pick<Client, 'workflow'>): RunStates {
  return {
    isOver: async (workflowId) => {
      try {
        // By id alone: a run that was reset goes on under another Temporal run.
        const { status } = await client.workflow.getHandle(workflowId).describe();
        return OVER.includes(status.name);
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    },
  };
}
