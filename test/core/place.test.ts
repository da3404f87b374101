import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ulids } from "#adapters/world.ts";
import type { Cell } from "#core/model/cell.ts";
import type { CellId } from "#core/model/ids.ts";
import { type Candidate, placeNetwork } from "#core/model/place.ts";

const now = Date.parse("2026-01-01T00:10:00.000Z");
const justNow = "2026-01-01T00:09:50.000Z";
const longAgo = "2026-01-01T00:00:00.000Z";
const ids = ulids({ now: () => now });

interface Shape {
  name?: string;
  id?: CellId;
  region?: string;
  schedulable?: boolean;
  joined?: boolean;
  reportedAt?: string | null;
  room?: number | null;
  limit?: number;
  reserved?: number;
  siblings?: number;
  agent?: string;
}

function aCandidate({
  id = ids.next("cel"),
  name = "cell-1",
  region = "local",
  schedulable = true,
  joined = true,
  reportedAt = justNow,
  room = null,
  limit = 10,
  reserved = 0,
  siblings = 0,
  agent = "test",
}: Shape = {}): Candidate {
  const membership: Cell["membership"] = {
    identity: { kty: "EC", crv: "P-256", x: "", y: "", kid: "k", alg: "ES256", use: "sig" },
    publicUrl: "https://cell.test",
    domain: "cell.test",
    caPem: "",
    joinedAt: longAgo,
  };
  return {
    cell: {
      id,
      name,
      region,
      labels: {},
      limits: { networks: limit },
      schedulable,
      membership: joined ? membership : null,
      join: { sha256: "", expiresAt: longAgo, usedBy: null },
      createdAt: longAgo,
    },
    report:
      reportedAt === null
        ? undefined
        : { cell: id, at: reportedAt, agent, capacity: { networks: room }, networks: 0, cursor: null },
    reserved,
    siblings,
  };
}

const network = { region: "local" };

describe("placement", () => {
  it("puts a network only where the agent is new enough for its release", () => {
    const [old, fit] = [aCandidate({ agent: "1.9.0" }), aCandidate({ agent: "1.10.0", siblings: 5 })];
    expect(placeNetwork({ ...network, minAgent: "1.10.0" }, [old, fit], now).cell).toBe(fit.cell.id);
    expect(placeNetwork({ ...network, minAgent: null }, [old, fit], now).cell).toBe(old.cell.id);
    const { cell, refused } = placeNetwork({ ...network, minAgent: "1.10.0" }, [old], now);
    expect([cell, refused]).toEqual([undefined, ["cell-1 has agent 1.9.0, and its release needs 1.10.0 or newer"]]);
  });

  it.each<[string, Shape, RegExp]>([
    ["in another region", { region: "eu-1" }, /is in region eu-1, not local/],
    ["cordoned", { schedulable: false }, /is cordoned/],
    ["not joined", { joined: false }, /has not joined yet/],
    ["never reported", { reportedAt: null }, /has not reported yet/],
    ["silent", { reportedAt: longAgo }, /is silent since 2026-01-01T00:00:00/],
    ["full", { reserved: 10 }, /is full \(10 of 10 places\)/],
    ["without room by its own word", { room: 0 }, /reports no room/],
  ])("gives nothing to a cell that is %s, and says so", (_what, shape, reason) => {
    const decision = placeNetwork(network, [aCandidate(shape)], now);
    expect(decision.cell).toBeUndefined();
    expect(decision.refused).toEqual([expect.stringMatching(reason)]);
  });

  it("spreads one organization's networks before it looks at room", () => {
    const crowded = aCandidate({ name: "crowded", siblings: 2, reserved: 0 });
    const other = aCandidate({ name: "other", siblings: 1, reserved: 9 });
    expect(placeNetwork(network, [crowded, other], now).cell).toBe(other.cell.id);
  });

  it("takes the emptier of two equals, by share", () => {
    const large = aCandidate({ limit: 100, reserved: 40 });
    const small = aCandidate({ limit: 10, reserved: 5 });
    expect(placeNetwork(network, [small, large], now).cell).toBe(large.cell.id);
  });

  const candidates = fc.array(
    fc
      .record({
        region: fc.constantFrom("local", "eu-1"),
        schedulable: fc.boolean(),
        joined: fc.boolean(),
        reportedAt: fc.constantFrom(justNow, longAgo, null),
        room: fc.constantFrom(null, 0, 5),
        limit: fc.integer({ min: 0, max: 5 }),
        reserved: fc.integer({ min: 0, max: 5 }),
        siblings: fc.integer({ min: 0, max: 3 }),
      })
      .map(aCandidate),
    { maxLength: 8 },
  );

  it("chooses only a cell that can take it, and none only when no cell can", () => {
    fc.assert(
      fc.property(candidates, (all) => {
        const { cell, reasons, refused } = placeNetwork(network, all, now);
        const able = all.filter(
          ({ cell: { region, schedulable, membership, limits }, report, reserved }) =>
            region === "local" &&
            schedulable &&
            membership &&
            report?.at === justNow &&
            report.capacity.networks !== 0 &&
            reserved < limits.networks,
        );
        if (cell === undefined) expect(able).toEqual([]);
        else expect(able.map((candidate) => candidate.cell.id)).toContain(cell);
        expect(reasons.length > 0).toBe(cell !== undefined);
        expect(refused).toHaveLength(all.length - (cell === undefined ? 0 : 1));
      }),
    );
  });

  it("says the same whatever the order of the cells", () => {
    fc.assert(
      fc.property(
        candidates.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          expect(placeNetwork(network, shuffled, now)).toEqual(placeNetwork(network, all, now));
        },
      ),
    );
  });
});
