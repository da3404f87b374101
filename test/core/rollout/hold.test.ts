import { describe, expect, it } from "vitest";
import { NetworkId, RolloutId } from "#core/model/ids.ts";
import { holdSeenBy, type RolloutHold, takenBy } from "#core/model/rollout/hold.ts";

const network = NetworkId.parse("net_00000000000000000000000001");
const [first, second, third] = ["1", "2", "3"].map((n) => RolloutId.parse(`rol_0000000000000000000000000${n}`)) as [
  RolloutId,
  RolloutId,
  RolloutId,
];
const take = (hold: RolloutHold | undefined, id: RolloutId, supersede = false) =>
  takenBy(hold, network, { id, spec: { supersede } });

describe("who has a network", () => {
  it("remembers whom it was taken from, the newest first", () => {
    const hold = take(take(take(undefined, first), second), third);
    expect(hold).toEqual({ network, rollout: third, over: [second, first], supersedes: false });
    expect(take(hold, third)).toBe(hold);
    expect(take(hold, first).over).toEqual([third, second]);
  });

  it.each([
    {
      what: "one that had it learns who came after",
      viewer: first,
      hold: take(take(undefined, first), second),
      over: first,
    },
    { what: "one that never had it waits", viewer: first, hold: take(undefined, second), over: null },
    {
      what: "one that never had it has lost it to one that supersedes",
      viewer: first,
      hold: take(undefined, second, true),
      over: first,
    },
    { what: "a newer one has not", viewer: third, hold: take(undefined, second, true), over: null },
  ])("$what", ({ viewer, hold, over }) => {
    expect(holdSeenBy(viewer, hold, false)).toEqual({ rollout: second, over });
  });

  it("keeps nobody off once its holder has ended, but those who have lost the network to it", () => {
    expect(holdSeenBy(third, take(undefined, second, true), true)).toBeUndefined();
    expect(holdSeenBy(first, take(undefined, second), true)).toBeUndefined();
    expect(holdSeenBy(first, take(undefined, second, true), true)).toEqual({ rollout: second, over: first });
  });
});
