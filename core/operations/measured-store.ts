import { hasEnded, type Operation } from "../model/operation.ts";
import type { Change, Measure, Store } from "../ports.ts";

/** The same store; measures every operation that a write ends, whoever ends it. */
export const measuredStore = (store: Store, measure: Measure): Store => ({
  ...store,
  async commit(changes) {
    await store.commit(changes);
    for (const operation of changes.flatMap(endedBy)) {
      const { kind, state, createdAt, endedAt } = operation;
      const seconds = (Date.parse(endedAt ?? createdAt) - Date.parse(createdAt)) / 1_000;
      measure("cellplane_operation_seconds", seconds, { kind, outcome: state });
      if (state === "succeeded" && kind !== "delete") measure("cellplane_intent_to_ready_seconds", seconds, { kind });
    }
  },
});

const endedBy = (change: Change): Operation[] =>
  change.write === "put" && change.kind === "operation" && hasEnded(change.value) ? [change.value] : [];
