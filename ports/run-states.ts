/** What the server of the runs says about them. */
export interface RunStates {
  /**
   * Whether a run has ended, however it did. A run that the server does not know may be another server's, and has not.
   * Throws when the server cannot be asked.
   */
  isOver(workflowId: string): Promise<boolean>;
}
