import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { aNetwork, anOrder, aServedCell, type ServedCell } from "./a-served-cell.ts";

describe("an agent and its cell", () => {
  let served: ServedCell;
  beforeAll(async () => {
    served = await aServedCell();
    await vi.waitFor(() => expect(served.controlPlane.joins).toHaveLength(1));
  });
  afterAll(() => served.close());

  it("brings a network up until a node could connect", async () => {
    const network = aNetwork();
    const order = anOrder();
    const started = performance.now();
    const accepted = await vi.waitFor(() => served.cells.apply(served.address(), network, order));
    expect(accepted.phase).toBe("pending");
    const observed = await served.cells.observe(served.address(), network, { generation: 1, waitMs: 20_000 });
    console.error(performance.now() - started, JSON.stringify(observed, null, 1), served.logged);
    expect(observed?.phase).toBe("ready");
  });
});
