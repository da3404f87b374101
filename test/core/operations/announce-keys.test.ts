import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Refusal } from "#core/errors.ts";
import { announceKeys } from "#core/operations/announce-keys.ts";
import type { Store } from "#core/ports.ts";
import { aControlPlane, type TestControlPlane } from "../../control-plane.ts";

describe("the announcement of keys", () => {
  let plane: TestControlPlane<Store>;
  beforeEach(async () => {
    plane = await aControlPlane();
  });
  afterEach(() => plane.close());

  it("tells every cell that joined, and names each that could not be told, with the reason", async () => {
    const [first, second] = [await plane.addCell(), await plane.addCell()];
    expect(await announceKeys(plane.deps)).toEqual({ pinned: [first.name, second.name], left: [] });
    plane.cells.fail(second.id, new Refusal("cell-unreachable", "It is away."));
    expect(await announceKeys(plane.deps)).toEqual({
      pinned: [first.name],
      left: [{ cell: second.name, reason: "It is away." }],
    });
  });

  it("tells nobody where nobody joined", async () => {
    expect(await announceKeys(plane.deps)).toEqual({ pinned: [], left: [] });
  });
});
