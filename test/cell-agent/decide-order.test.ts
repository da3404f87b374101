import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fence } from "#core/model/instance.ts";
import { decideOrder, decideRemoval, type Standing } from "../../cell-agent/decide-order.ts";

const at = (epoch: number, generation: number, content = "a") => ({ epoch, generation, content });
const held = (epoch: number, generation: number, content = "a", deleting = false) => ({
  ...at(epoch, generation, content),
  deleting,
  managedBy: "control-plane" as const,
  handedOver: false,
});
const byHand = (handedOver = false) => ({ ...held(0, 7), managedBy: "kubectl" as const, handedOver });
const standing = (of: Partial<Standing>): Standing => ({ epoch: 1, held: undefined, tombstone: undefined, ...of });

describe("an order to have a network", () => {
  it.each<[string, ReturnType<typeof at>, Partial<Standing>, string]>([
    ["the first", at(1, 1), {}, "apply"],
    ["a newer generation", at(1, 2), { held: held(1, 1) }, "apply"],
    ["a newer epoch, whatever the generation", at(2, 1), { held: held(1, 9) }, "apply"],
    ["the same again", at(1, 1), { held: held(1, 1) }, "nothing"],
    ["another content at the same fence", at(1, 1, "b"), { held: held(1, 1) }, "refuse"],
    ["an older generation", at(1, 1), { held: held(1, 2) }, "refuse"],
    ["an epoch that has ended", at(1, 9), { epoch: 2 }, "refuse"],
    ["older than a deletion", at(1, 1), { tombstone: { epoch: 1, generation: 2 } }, "refuse"],
    ["the deletion's own fence", at(1, 2), { tombstone: { epoch: 1, generation: 2 } }, "refuse"],
    ["newer than a deletion that is done", at(1, 3), { tombstone: { epoch: 1, generation: 2 } }, "apply"],
    ["newer than a deletion under way", at(1, 3), { held: held(1, 1, "a", true) }, "wait"],
    ["the same while it is deleted", at(1, 1), { held: held(1, 1, "a", true) }, "wait"],
    ["of what people wrote with kubectl", at(1, 1), { held: byHand() }, "leave"],
    ["of what people wrote and handed over", at(1, 1), { held: byHand(true) }, "apply"],
    ["stale, of what people wrote", at(1, 1), { epoch: 2, held: byHand() }, "refuse"],
  ])("%s", (_, order, of, expected) => {
    expect(decideOrder(order, standing(of)).do).toBe(expected);
  });
});

describe("an order to delete a network", () => {
  it.each<[string, Fence, Partial<Standing>, string]>([
    ["of what is there", { epoch: 1, generation: 2 }, { held: held(1, 1) }, "apply"],
    ["at the fence that made it", { epoch: 1, generation: 1 }, { held: held(1, 1) }, "apply"],
    ["of what is not there: it is remembered", { epoch: 1, generation: 1 }, {}, "apply"],
    ["of what people wrote with kubectl", { epoch: 1, generation: 9 }, { held: byHand(true) }, "leave"],
    ["that is older", { epoch: 1, generation: 1 }, { held: held(1, 2) }, "refuse"],
    ["once more, when it is gone", { epoch: 1, generation: 2 }, { tombstone: { epoch: 1, generation: 2 } }, "nothing"],
    [
      "once more, when only the tombstone was written",
      { epoch: 1, generation: 2 },
      { tombstone: { epoch: 1, generation: 2 }, held: held(1, 1) },
      "apply",
    ],
  ])("%s", (_, order, of, expected) => {
    expect(decideRemoval(order, standing(of)).do).toBe(expected);
  });
});

const fence = fc.record({ epoch: fc.integer({ min: 0, max: 3 }), generation: fc.integer({ min: 1, max: 4 }) });
const command = fc.record({ fence, remove: fc.boolean(), content: fc.constantFrom("a", "b") });

describe("orders in any sequence", () => {
  it("leave the cell where the newest of them wanted it, and never move backwards", () => {
    void fc.assert(
      fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
        let now: { epoch: number; held: Standing["held"]; tombstone: Fence | undefined } = {
          ...{ epoch: 0, held: undefined, tombstone: undefined },
        };
        let newest = -1;
        for (const { fence: order, remove, content } of commands) {
          const rank = order.epoch * 10 + order.generation;
          const ruling = remove ? decideRemoval(order, now) : decideOrder({ ...order, content }, now);
          if (ruling.do === "apply") {
            expect(rank).toBeGreaterThanOrEqual(newest);
            newest = rank;
            now = remove
              ? { epoch: order.epoch, held: undefined, tombstone: order }
              : {
                  epoch: order.epoch,
                  held: { ...held(order.epoch, order.generation), content },
                  tombstone: now.tombstone,
                };
          }
          if (ruling.do === "refuse") expect(rank).toBeLessThanOrEqual(Math.max(newest, now.epoch * 10 + 9));
          if (rank < newest) expect(ruling.do).toBe("refuse");
        }
      }),
    );
  });
});
