import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Severable, severable } from "./a-cluster-that-fails.ts";
import { aNetwork, anOrder, aServedCell, type ServedCell } from "./a-served-cell.ts";

const LONG = { timeout: 60_000 };

describe("an agent that is killed after every single write", () => {
  let served: ServedCell;
  let cluster: Severable;
  beforeAll(async () => {
    cluster = severable();
    served = await aServedCell({ through: cluster.through });
    await vi.waitFor(() => expect(served.controlPlane.joins).toHaveLength(1), { timeout: 30_000 });
    await served.whenReady();
  });
  afterAll(() => served.close());

  /** Agents that may write once each, one after the other, until the world is as `done` wants it. */
  async function livesUntil(done: () => Promise<boolean>): Promise<number> {
    for (let lives = 1; lives <= 100; lives++) {
      await served.stopAgent();
      cluster.mend();
      cluster.cutAfter(1);
      await served.startAgent();
      await vi.waitFor(async () => expect(cluster.isCut() || (await done())).toBe(true), LONG);
      if (!cluster.isCut()) return lives;
    }
    throw new Error("it never ends");
  }

  it("brings a network up all the same, and takes it away", async () => {
    const network = aNetwork();
    const order = anOrder();
    const call = async <T>(act: () => Promise<T>) => act().catch(() => undefined);
    const created = await livesUntil(async () => {
      await call(() => served.cells.apply(served.address(), network, order));
      const observed = await call(() => served.cells.observe(served.address(), network, { generation: 1, waitMs: 0 }));
      return observed?.phase === "ready" && !cluster.isCut();
    });
    expect(created).toBeGreaterThan(15);

    const deleted = await livesUntil(async () => {
      const asked = await call(async () => {
        await served.cells.remove(served.address(), network, { epoch: 1, generation: 2 });
        return true;
      });
      if (!asked) return false;
      return (await call(() => served.cells.list(served.address())))?.length === 0;
    });
    expect(deleted).toBeGreaterThan(3);

    cluster.mend();
    await expect(served.cells.apply(served.address(), network, order)).rejects.toMatchObject({
      kind: "stale-generation",
    });
    const left = await served.cell.cluster.list({ apiVersion: "v1", kind: "Secret", namespace: "cellplane-system" });
    expect(left.map(({ metadata }) => metadata.name).filter((name) => name.includes("net-"))).toEqual([]);
  }, 60_000);
});
