import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keepRepairs, waitAfter } from "../../cell-agent/repairs.ts";

const MINUTE = 60_000;
const ownership = { ours: {}, others: [] };

describe("repairs of what a stranger edits", () => {
  it("are made at once at first, then later and later, at last once a minute", () => {
    expect([0, 1, 2].map(waitAfter)).toEqual([0, 0, 0]);
    expect([3, 4, 5, 6].map(waitAfter)).toEqual([2_000, 4_000, 8_000, 16_000]);
    expect([8, 20, 1_000].map(waitAfter)).toEqual([MINUTE, MINUTE, MINUTE]);
  });

  it("are at most a dozen in five minutes, however often somebody insists", () => {
    void fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 100, maxLength: 400 }), (pauses) => {
        let now = 0;
        let made = 0;
        const repairs = keepRepairs({ now: () => now });
        for (const pause of pauses) {
          now += pause;
          if (now > 5 * MINUTE) break;
          if (repairs.waitFor("net-1", "Service a") > 0) continue;
          repairs.repaired("net-1", "Service a");
          made += 1;
        }
        expect(made).toBeLessThanOrEqual(12);
      }),
    );
  });

  it("begin anew for another object, another network, after peace, and when the network goes", () => {
    let now = 0;
    const repairs = keepRepairs({ now: () => now });
    for (let n = 0; n < 5; n++) repairs.repaired("net-1", "Service a");
    expect(repairs.waitFor("net-1", "Service a")).toBe(8_000);
    expect(repairs.waitFor("net-1", "Service b")).toBe(0);
    expect(repairs.waitFor("net-2", "Service a")).toBe(0);
    now = 6 * MINUTE;
    expect(repairs.waitFor("net-1", "Service a")).toBe(0);
    for (let n = 0; n < 5; n++) repairs.repaired("net-1", "Service a");
    repairs.forget("net-1");
    expect(repairs.waitFor("net-1", "Service a")).toBe(0);
  });

  it("end where our own apply leaves a field to others", () => {
    const repairs = keepRepairs({ now: () => 0 });
    repairs.accept("net-1", "Service a", ownership);
    expect(repairs.isAccepted("net-1", "Service a", ownership)).toBe(true);
    expect(repairs.isAccepted("net-1", "Service a", { ...ownership })).toBe(false);
    expect(repairs.isAccepted("net-2", "Service a", ownership)).toBe(false);
  });
});
