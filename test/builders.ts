import { ulids } from "#adapters/world.ts";
import type { Operation } from "#core/model/operation.ts";

const ids = ulids({ now: Date.now });
const at = "2026-01-01T00:00:00.000Z";

/** An operation that nobody has begun. */
export const anOperation = (operation: Partial<Operation> = {}): Operation => ({
  id: ids.next("op"),
  kind: "create",
  network: ids.next("net"),
  org: ids.next("org"),
  generation: 1,
  state: "pending",
  step: null,
  attempt: 1,
  nextActionAt: at,
  deadline: "2026-01-01T01:00:00.000Z",
  error: null,
  timeline: [],
  actor: "key:cpk_000000000000",
  createdAt: at,
  endedAt: null,
  ...operation,
});
