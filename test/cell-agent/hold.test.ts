import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KubeObject } from "#core/model/kube-object.ts";
import type { Cluster } from "#core/ports.ts";
import { SYSTEM_NAMESPACE } from "../../cell-agent/cell.ts";
import { readHold } from "../../cell-agent/read-hold.ts";
import { aServedCell, type ServedCell } from "./a-served-cell.ts";

const hold = (data: KubeObject["data"]): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "hold", namespace: SYSTEM_NAMESPACE },
  ...(data === undefined ? {} : { data }),
});

describe("a cell that an operator on site holds", () => {
  let served: ServedCell;
  beforeAll(async () => {
    served = await aServedCell();
    await served.whenReady();
  });
  afterAll(() => served.close());
  const held = async () => (await served.cells.report(served.address(), { since: null, waitMs: 0 })).held;

  it("says so and why in its digest, for as long as the hold is there", async () => {
    const { cluster } = served.cell;
    expect(await held()).toBeUndefined();
    await cluster.apply(hold({ reason: " stocktaking\nuntil Monday " }));
    expect(await held()).toBe("stocktaking until Monday");
    await cluster.remove({ apiVersion: "v1", kind: "ConfigMap", name: "hold", namespace: SYSTEM_NAMESPACE });
    await expect.poll(held).toBeUndefined();
  });
});

describe("the reason of a hold", () => {
  const read = (get: Cluster["get"]) => readHold({ get }, () => {});

  it.each([
    ["none", undefined],
    ["another entry", { why: "x" }],
    ["an empty one", { reason: " " }],
    ["no text", { reason: 7 }],
  ])("%s is a hold all the same", async (_what, data) =>
    expect(await read(async () => hold(data))()).toContain("no reason is given"),
  );

  it("is cut where it is longer than a digest takes", async () =>
    expect(await read(async () => hold({ reason: "x".repeat(9_000) }))()).toHaveLength(500));

  it("stays what it was while the cluster cannot be asked", async () => {
    let answer: () => Promise<KubeObject | undefined> = async () => hold({ reason: "audit" });
    const ask = read(() => answer());
    expect(await ask()).toBe("audit");
    answer = () => Promise.reject(new Error("refused"));
    expect(await ask()).toBe("audit");
    answer = async () => undefined;
    expect(await ask()).toBeNull();
  });
});
