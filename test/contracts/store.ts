import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ulids } from "#adapters/world.ts";
import { Operation } from "#core/model/operation.ts";
import type { Store } from "#core/ports.ts";
import { anOperation } from "../builders.ts";

/** What every intent store must do, whatever it is made of. */
export function storeContract(
  name: string,
  open: () => Promise<{ store: Store; close: () => Promise<void> | void }>,
): void {
  describe(`${name} as a store`, () => {
    const ids = ulids({ now: Date.now });
    let store: Store;
    let close: () => Promise<void> | void;
    beforeEach(async () => {
      ({ store, close } = await open());
    });
    afterEach(() => close());

    const claim = (id: string, owner = "somebody") =>
      ({ write: "put", was: 0, kind: "claim", value: { id, owner } }) as const;

    it("gives back what was put, at version 1", async () => {
      const operation = anOperation({ id: ids.next("op") });
      await store.commit([{ write: "put", was: 0, kind: "operation", value: operation }]);
      expect(await store.get("operation", operation.id)).toEqual({ value: operation, version: 1 });
    });

    it("knows nothing of what was never put", async () => {
      expect(await store.get("operation", ids.next("op"))).toBeUndefined();
      expect(await store.getMany("operation", [ids.next("op")])).toEqual([]);
      expect(await store.countOf("nothing")).toBe(0);
    });

    it("refuses to create what is there, and says which change it was", async () => {
      await store.commit([claim("a")]);
      await expect(store.commit([claim("b"), claim("a", "another")])).rejects.toMatchObject({
        kind: "conflict",
        details: { extra: { change: 1 } },
      });
      expect((await store.get("claim", "a"))?.value.owner).toBe("somebody");
    });

    it("writes all or nothing", async () => {
      await store.commit([claim("a")]);
      await expect(
        store.commit([claim("b"), { write: "count", counter: "n", by: 1 }, claim("a")]),
      ).rejects.toMatchObject({ kind: "conflict" });
      expect(await store.get("claim", "b")).toBeUndefined();
      expect(await store.countOf("n")).toBe(0);
    });

    it("lets one of two writers of the same version win", async () => {
      await store.commit([claim("a")]);
      const results = await Promise.allSettled(
        ["one", "two"].map((owner) =>
          store.commit([{ write: "put", was: 1, kind: "claim", value: { id: "a", owner } }]),
        ),
      );
      expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      expect((await store.get("claim", "a"))?.version).toBe(2);
    });

    it("refuses a write when what it checked has changed, or is not there", async () => {
      await store.commit([claim("a")]);
      await store.commit([{ write: "put", was: 1, kind: "claim", value: { id: "a", owner: "another" } }]);
      const check = { write: "check", kind: "claim", id: "a", was: 1 } as const;
      await expect(store.commit([claim("b"), check])).rejects.toMatchObject({ kind: "conflict" });
      await expect(store.commit([claim("b"), { ...check, id: "nothing" }])).rejects.toMatchObject({ kind: "conflict" });
      await store.commit([claim("b"), { ...check, was: 2 }]);
      expect(await store.get("claim", "b")).toBeDefined();
    });

    it("removes only the version that was read, and can create it anew", async () => {
      await store.commit([claim("a")]);
      await expect(store.commit([{ write: "remove", kind: "claim", id: "a", was: 2 }])).rejects.toMatchObject({
        kind: "conflict",
      });
      await store.commit([{ write: "remove", kind: "claim", id: "a", was: 1 }]);
      expect(await store.get("claim", "a")).toBeUndefined();
      await store.commit([claim("a", "again")]);
      expect((await store.get("claim", "a"))?.value.owner).toBe("again");
    });

    it("never lets a counter leave its bounds, however many count at once", async () => {
      const results = await Promise.allSettled(
        Array.from({ length: 30 }, () => store.commit([{ write: "count", counter: "places", by: 1, atMost: 10 }])),
      );
      expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(10);
      expect(await store.countOf("places")).toBe(10);
      await store.commit([{ write: "count", counter: "places", by: -10 }]);
      await expect(store.commit([{ write: "count", counter: "places", by: -1 }])).rejects.toMatchObject({
        kind: "conflict",
      });
    });

    it("takes a hundred changes at once, and neither more nor two of one thing", async () => {
      const claims = Array.from({ length: 101 }, (_, n) => claim(`c-${n}`));
      await expect(store.commit(claims)).rejects.toMatchObject({ kind: "too-large" });
      await expect(store.commit([claim("a"), { write: "remove", kind: "claim", id: "a", was: 1 }])).rejects.toThrow(
        "claim a twice",
      );
      expect(await store.get("claim", "a")).toBeUndefined();
      await store.commit(claims.slice(1));
      const ids = claims.map(({ value }) => value.id);
      expect((await store.getMany("claim", ids)).map(({ value }) => value.id)).toEqual(ids.slice(1));
      await store.commit([]);
    });

    it("reads many in the order asked for, also more than a hundred and one of them twice", async () => {
      const ids = Array.from({ length: 130 }, (_, n) => `c-${n}`);
      await store.commit(ids.slice(0, 65).map((id) => claim(id)));
      await store.commit(ids.slice(65).map((id) => claim(id)));
      const asked = [...ids.toReversed(), "c-7", "nothing"];
      expect((await store.getMany("claim", asked)).map(({ value }) => value.id)).toEqual(asked.slice(0, -1));
    });

    it("counts down and up within both bounds, from nothing too", async () => {
      const add = (by: number, atMost?: number) =>
        store.commit([{ write: "count", counter: "n", by, ...(atMost === undefined ? {} : { atMost }) }]);
      await expect(add(3, 2)).rejects.toMatchObject({ kind: "conflict", details: { extra: { change: 0 } } });
      await expect(add(-1)).rejects.toMatchObject({ kind: "conflict" });
      await add(0, 0);
      await add(5);
      await expect(add(-1, 3)).rejects.toMatchObject({ kind: "conflict" });
      await add(-2, 3);
      expect(await store.countOf("n")).toBe(3);
    });

    it("lists a partition in order, in pages, both ways", async () => {
      const network = ids.next("net");
      const operations = Array.from({ length: 5 }, () => anOperation({ id: ids.next("op"), network }));
      for (const value of operations.toReversed())
        await store.commit([{ write: "put", was: 0, kind: "operation", value }]);
      await store.commit([
        {
          write: "put",
          was: 0,
          kind: "operation",
          value: anOperation({ id: ids.next("op"), network: ids.next("net") }),
        },
      ]);

      const first = await store.list("operations-of-network", network, { limit: 3 });
      expect(first.map(({ id }) => id)).toEqual(operations.slice(0, 3).map(({ id }) => id));
      const rest = await store.list("operations-of-network", network, { limit: 3, after: first.at(-1)?.sort ?? "" });
      expect(rest.map(({ id }) => id)).toEqual(operations.slice(3).map(({ id }) => id));
      const newest = await store.list("operations-of-network", network, { limit: 2, descending: true });
      expect(newest.map(({ id }) => id)).toEqual([operations[4]?.id, operations[3]?.id]);
      expect(
        (
          await store.getMany(
            "operation",
            rest.map(({ id }) => id),
          )
        ).map(({ value }) => value),
      ).toEqual(operations.slice(3));
    });

    it("moves a record within an index when it changes, and out of it", async () => {
      const due = async () => {
        const shards = await Promise.all(
          Array.from({ length: 16 }, (_, shard) => store.list("due", String(shard), { limit: 10 })),
        );
        return shards.flat().map(({ sort }) => sort.slice(0, 24));
      };
      const operation = Operation.parse(anOperation({ id: ids.next("op"), nextActionAt: "2026-01-01T00:00:00.000Z" }));
      await store.commit([{ write: "put", was: 0, kind: "operation", value: operation }]);
      expect(await due()).toEqual(["2026-01-01T00:00:00.000Z"]);
      await store.commit([
        { write: "put", was: 1, kind: "operation", value: { ...operation, nextActionAt: "2026-01-02T00:00:00.000Z" } },
      ]);
      expect(await due()).toEqual(["2026-01-02T00:00:00.000Z"]);
      await store.commit([{ write: "put", was: 2, kind: "operation", value: { ...operation, nextActionAt: null } }]);
      expect(await due()).toEqual([]);
    });
  });
}
