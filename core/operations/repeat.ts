import { Refusal } from "../errors.ts";

/** How often an optimistic write is tried before the caller hears of the conflict. Each loss means that another one won. */
const TRIES = 8;

/** Reads, decides and writes again while somebody else writes at the same time; `act` must start from a fresh read. */
export async function repeatOnConflict<T>(act: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await act();
    } catch (error) {
      if (tries === TRIES || !(error instanceof Refusal) || error.kind !== "conflict") throw error;
    }
  }
}
