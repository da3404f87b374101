/** The workflows there are; each is a value in `step-functions/`. */
export type WorkflowName = "converge-network" | "roll-out";

/** Starts workflows by name. */
export interface Workflows {
  /**
   * Starts an execution under `name` (1 to 80 characters), which is never used twice: a second start with the same name
   * answers `exists` and does nothing; while the first still runs, a repeat of it may answer `started`. Refuses with `unavailable` or `rate-limited` where trying again helps.
   */
  start(workflow: WorkflowName, name: string, input: unknown): Promise<"started" | "exists">;
}
