import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sqliteStore } from "#adapters/sqlite.ts";
import { NetworkSpec } from "#core/model/network.ts";
import { createNetwork } from "#core/operations/create-network.ts";
import { followChange } from "#core/operations/follow-change.ts";
import { sweep } from "#core/operations/sweep.ts";
import { stream } from "../../standalone/control-plane/loops.ts";
import { anOperation } from "../builders.ts";
import { aControlPlane, type TestControlPlane } from "../control-plane.ts";

describe("the stream of a control plane on one machine", () => {
  let plane: TestControlPlane;
  let ending: AbortController;
  let logged: string[];
  let running: Promise<void> | undefined;
  beforeEach(async () => {
    plane = await aControlPlane();
    ending = new AbortController();
    logged = [];
    running = undefined;
    await plane.addCell();
  });
  afterEach(async () => {
    ending.abort();
    await running;
    await plane.close();
  });

  const deps = () => ({
    ...plane.deps,
    log: (level: string, message: string) => void logged.push(`${level} ${message}`),
  });
  const begin = () => {
    running = stream(deps(), plane.store, ending.signal);
  };
  const create = async (name: string) => {
    const spec = NetworkSpec.parse({ name });
    const made = await createNetwork(plane.deps, plane.caller, { org: "default", spec, idempotencyKey: undefined });
    return made.operation.id;
  };
  /** A record that nobody can read: what a bug of another version would leave. */
  const poison = async () => {
    const value = { ...anOperation(), attempt: "first" as never };
    await plane.store.commit([{ write: "put", was: 0, kind: "operation", value }]);
    return value.id;
  };

  it("sets a record aside that nobody can deal with, says so, and goes on with the others", async () => {
    const before = await create("before");
    const bad = await poison();
    const after = await create("after");
    begin();
    for (const op of [before, after]) expect((await plane.ended(op)).state).toBe("succeeded");
    await expect.poll(() => plane.store.outbox.read(10)).toEqual([]);
    expect(plane.store.outbox.parked(10)).toMatchObject([{ kind: "operation", id: bad }]);
    expect(logged).toContain("error signal parked");
    const later = await create("later");
    expect((await plane.ended(later)).state).toBe("succeeded");
  });

  it("tries once more what was set aside when it begins anew", async () => {
    const bad = await poison();
    begin();
    await expect.poll(() => plane.store.outbox.parked(10).length).toBe(1);
    ending.abort();
    await running;
    await plane.store.commit([{ write: "remove", kind: "operation", id: bad, was: 1 }]);
    ending = new AbortController();
    begin();
    await expect.poll(() => plane.store.outbox.parked(10)).toEqual([]);
    await expect.poll(() => plane.store.outbox.read(10)).toEqual([]);
  });

  it("does work once that it is told of twice, late, and in another order", async () => {
    const ops = [await create("a"), await create("b")];
    const told = plane.store.outbox.read(10);
    begin();
    for (const op of ops) expect((await plane.ended(op)).state).toBe("succeeded");
    for (const change of [...told, ...told.reverse()]) await followChange(plane.deps, change);
    for (const op of ops)
      expect((await plane.store.get("operation", op))?.value).toMatchObject({ state: "succeeded", attempt: 1 });
  });

  it("is not the only one that no record may hold up: the sweep passes it as well", async () => {
    await poison();
    const op = await create("swept");
    await plane.lose();
    plane.clock.advance(10_000);
    expect(await sweep(deps())).toEqual({ started: 1 });
    expect((await plane.ended(op)).state).toBe("succeeded");
    expect(logged).toContain("error not taken up");
  });
});

describe("what is set aside", () => {
  it("stays in the file, in its order", async () => {
    const store = sqliteStore(":memory:");
    for (let n = 0; n < 3; n++) await store.commit([{ write: "put", was: 0, kind: "operation", value: anOperation() }]);
    const [first, second, third] = store.outbox.read(10);
    store.outbox.park(second?.seq ?? 0, "why not");
    expect(store.outbox.read(10)).toEqual([first, third]);
    expect(store.outbox.parked(10)).toEqual([{ ...second, why: "why not" }]);
    store.outbox.unpark();
    expect(store.outbox.read(10).map(({ id }) => id)).toEqual([first?.id, third?.id, second?.id]);
    expect(store.outbox.parked(10)).toEqual([]);
    store.close();
  });
});
