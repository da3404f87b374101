import { describe, expect, it } from "vitest";
import { decideLeadership } from "../../cell-agent/decide-leadership.ts";

const aLease = (holder: string, seenAt = 1_000) => ({ holder, seenAt, durationMs: 15_000 });

describe("who leads", () => {
  it.each([
    ["takes a lease that nobody ever made", undefined, 0, { do: "take" }],
    ["takes one that was given back", aLease(""), 1_000, { do: "take" }],
    ["renews its own", aLease("me"), 1_500, { do: "renew" }],
    ["renews its own though it is old, for nobody took it", aLease("me"), 99_000, { do: "renew" }],
    ["waits while another one may lead", aLease("other"), 1_000, { do: "wait", forMs: 15_000 }],
    ["waits to the last moment", aLease("other"), 15_999, { do: "wait", forMs: 1 }],
    ["takes it when the other one is silent for long enough", aLease("other"), 16_000, { do: "take" }],
    ["takes it from its own former life only after that", aLease("me_before"), 2_000, { do: "wait", forMs: 14_000 }],
  ] as const)("%s", (_what, lease, now, expected) => {
    expect(decideLeadership(lease, "me", now)).toEqual(expected);
  });
});
