import type { CellId, NetworkId, RolloutId } from "#core/model/ids.ts";
import { NetworkSpec, type NetworkStatus } from "#core/model/network.ts";
import { rowsOf } from "#core/model/rollout/page.ts";
import { isInFlight } from "#core/model/rollout/target.ts";
import { timestampOf } from "#core/model/time.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { advanceRollout } from "#core/operations/rollout/advance-rollout.ts";
import { planRollout } from "#core/operations/rollout/plan-rollout.ts";
import { readPages } from "#core/operations/rollout/read-pages.ts";
import type { Change, Store } from "#core/ports.ts";
import type { TestControlPlane } from "./control-plane.ts";

type Plane = TestControlPlane<Store>;

/** Networks that are ready, written as they would be long after somebody created them: in turn in each cell. */
export async function seedFleet(plane: Plane, size: number, cells: readonly CellId[]): Promise<NetworkId[]> {
  const { store, ids, clock } = plane.deps;
  const made: NetworkId[] = [];
  let writes: Promise<void>[] = [];
  for (let at = 0; at < size; at += 25) {
    const changes: Change[] = [];
    for (let number = at; number < Math.min(at + 25, size); number++) {
      const [id, operation, cell] = [ids.next("net"), ids.next("op"), cells[number % cells.length]];
      if (!cell) throw new Error("There is no cell.");
      const now = timestampOf(clock.now());
      const named = { network: id, org: plane.caller.org, generation: 1 };
      changes.push(
        {
          ...{ write: "put", was: 0, kind: "network" },
          value: {
            ...NetworkSpec.parse({ name: `seeded-${number}` }),
            ...{ id, org: plane.caller.org, generation: 1, deleting: false, resolvedRelease: "0.1.0", operation },
            ...{ createdAt: now, updatedAt: now },
          },
        },
        { write: "put", was: 0, kind: "placement", value: { network: id, cell, at: now, reasons: [] } },
        { write: "put", was: 0, kind: "network-status", value: statusOf(id, cell, { generation: 1, at: now }) },
        {
          ...{ write: "put", was: 0, kind: "operation" },
          value: {
            ...{ ...named, id: operation, kind: "create", state: "succeeded", step: "SettleNetwork", attempt: 1 },
            ...{ nextActionAt: null, deadline: now, error: null, timeline: [], actor: "seed" },
            ...{ createdAt: now, endedAt: now },
          },
        },
      );
      made.push(id);
    }
    writes.push(store.commit(changes));
    if (writes.length === 8) {
      await Promise.all(writes);
      writes = [];
    }
  }
  await Promise.all(writes);
  return made;
}

const statusOf = (
  network: NetworkId,
  cell: CellId,
  { generation, at, release = "0.1.0" }: { generation: number; at: string; release?: string },
): NetworkStatus => ({
  network,
  cell,
  observed: {
    ...{ network, epoch: 1, generation, observedGeneration: generation, phase: "ready", release },
    ...{ endpoints: null, conditions: [], nodes: { online: 0, total: 0 }, blockers: [], reportedAt: at },
    reachable: { api: true, nats: true, checkedAt: at },
  },
});

/** The cells bring everything that a rollout has under way to where it is asked to be, and report. */
export async function catchUp(plane: Plane, rollout: RolloutId, cells: readonly CellId[]): Promise<void> {
  const { store, clock } = plane;
  const flying = (await readPages(store, rollout))
    .flatMap(({ value }) => rowsOf(value))
    .filter(isInFlight)
    .map(({ network }) => network);
  const statuses = new Map((await store.getMany("network-status", flying)).map((one) => [one.value.network, one]));
  await Promise.all(
    (await store.getMany("network", flying)).map(async ({ value: { id, generation, resolvedRelease = "" } }) => {
      const status = statuses.get(id);
      if (!status || status.value.observed.generation === generation) return;
      const { cell } = status.value;
      const value = statusOf(id, cell, { generation, at: timestampOf(clock.now()), release: resolvedRelease });
      await store.commit([{ write: "put", was: status.version, kind: "network-status", value }]);
    }),
  );
  await plane.report(...cells);
}

/** The first state of the workflow, as often as it asks to be repeated. */
export async function plan(deps: Dependencies, rollout: RolloutId, attempt = 1): Promise<void> {
  const step = { execution: "arn:test", startedAt: timestampOf(deps.clock.now()), input: { rollout, attempt } };
  while (!(await planRollout(deps, step)).activated);
}

/** The loop of the workflow, with the cells at work and time going by between its passes. Answers how many there were. */
export async function drive(
  plane: Plane,
  rollout: RolloutId,
  cells: readonly CellId[],
  { attempt = 1, pass = advanceRollout }: { attempt?: number; pass?: typeof advanceRollout } = {},
): Promise<number> {
  for (let loops = 0; ; ) {
    const step = await pass(plane.deps, { rollout, attempt, loops });
    loops = step.loops;
    if (step.over) return loops;
    await catchUp(plane, rollout, cells);
    plane.clock.advance(step.waitSeconds * 1_000);
    await plane.report(...cells);
  }
}
