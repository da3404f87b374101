import { describe, expect, it } from "vitest";
import type { Freeze, FreezeScope } from "#core/model/rollout/freeze.ts";
import { joinedTarget, joins } from "#core/model/rollout/plan-rollout.ts";
import { rolloutHasEnded } from "#core/model/rollout/rollout.ts";
import { isInFlight } from "#core/model/rollout/target.ts";
import {
  addNetwork,
  cellNumber,
  networkNumber,
  orgNumber,
  type SimulatedNetwork,
  sight,
} from "../../../scripts/simulate/fleet.ts";
import { aRollout, counts, type Running, step, T0 } from "./a-rollout.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const SIZE = 8;
const CELLS = 4;
const SLOTS = 3;
const numbers = Array.from({ length: SIZE }, (_, number) => number);

/** Starts, soaks, settles, bakes and begins a wave with more than it has slots for: a fault can come at each of these. */
const spec = { waves: [{ percent: 25 }, { percent: 100 }], maxConcurrent: SLOTS, bake: "1m" };

interface Fault {
  readonly spec?: object;
  /** What happens before the pass it comes at. */
  readonly strike: (running: Running) => void;
  /** What happens before every pass after it. */
  readonly later?: (running: Running, struckAt: number) => void;
  readonly afterPass?: (running: Running, started: readonly string[]) => void;
}

/** From beginning to end, with a fault at one pass; whatever it is, no limit is overstepped and nothing is changed twice. */
function runWith(at: number, fault: Fault): Running {
  const running = aRollout({ ...spec, ...fault.spec }, { size: SIZE, cells: CELLS });
  let struckAt = Number.POSITIVE_INFINITY;
  const started = new Set<string>();
  for (let passes = 0; ; passes++) {
    if (passes === at) {
      fault.strike(running);
      struckAt = running.now;
    } else if (passes > at) fault.later?.(running, struckAt);
    const { start, nextWakeAt } = step(running);
    fault.afterPass?.(running, start);
    const targets = [...running.targets.values()];
    expect(targets.filter(isInFlight).length).toBeLessThanOrEqual(SLOTS);
    for (const id of start) expect(started.has(id)).toBe(false);
    for (const id of start) started.add(id);
    if (rolloutHasEnded(running.rollout) || nextWakeAt === null) return running;
    expect(passes).toBeLessThan(2_000);
    running.now = nextWakeAt;
  }
}

const nothing: Fault = { strike: () => {} };
const passes = runWith(-1, nothing).turns;
const tookMs = runWith(-1, nothing).now - T0;

/** The same fault at each pass of the rollout. */
function atEveryStep(fault: Fault, check: (running: Running, at: number) => void): void {
  for (let at = 0; at < passes; at++) check(runWith(at, fault), at);
}

const networkOf = ({ fleet }: Running, number: number): SimulatedNetwork => {
  const network = fleet.networks.get(networkNumber(number));
  if (!network) throw new Error(`there is no network ${number}`);
  return network;
};
const targetOf = ({ targets }: Running, number: number) => targets.get(networkNumber(number));
const statesOf = (running: Running) => numbers.map((number) => targetOf(running, number)?.state);

it("has the steps that a fault is to come at", () => {
  expect(passes).toBeGreaterThan(15);
  expect(counts(runWith(-1, nothing))).toEqual({ done: SIZE });
});

describe("a clock that jumps, at every step,", () => {
  /** Ours alone: cells go on as they were, so what they do is later or earlier by it. */
  const jump = (by: number): Fault => ({
    strike: (running) => {
      running.now += by;
      for (const network of running.fleet.networks.values()) network.askedAt += by;
    },
  });

  it.each([
    ["by a minute forth", MINUTE],
    ["by a minute back", -MINUTE],
    ["by an hour back", -HOUR],
    ["by a year back", -365 * 24 * HOUR],
  ])("%s keeps nothing from being done, and takes no longer", (_what, by) => {
    atEveryStep(jump(by), (running, at) => {
      expect(statesOf(running), `pass ${at}`).toEqual(numbers.map(() => "done"));
      expect(running.now - by - T0, `pass ${at}`).toBeLessThan(tookMs + 2 * MINUTE);
    });
  });

  it("by a day forth on a machine that slept burns no deadline, once the cells are heard again", () => {
    const sleep: Fault = {
      strike: (running) => {
        for (let cell = 0; cell < CELLS; cell++) running.fleet.silent.set(cellNumber(cell), running.now);
        jump(24 * HOUR).strike(running);
      },
      later: ({ fleet }) => fleet.silent.clear(),
    };
    atEveryStep(sleep, (running, at) => expect(statesOf(running), `pass ${at}`).toEqual(numbers.map(() => "done")));
  });

  it("by a day forth while cells are heard is a day: what was in flight has timed out, which the budget judges", () => {
    atEveryStep({ ...jump(24 * HOUR), spec: { maxFailed: SLOTS } }, (running, at) => {
      expect(running.rollout.state, `pass ${at}`).toBe("succeeded");
      const late = [...running.targets.values()].filter(({ state }) => state !== "done");
      expect(late.length).toBeLessThanOrEqual(SLOTS);
      for (const { state } of late) expect(state).toBe("timed-out");
    });
    atEveryStep({ ...jump(24 * HOUR), spec: { maxFailed: 0 } }, ({ rollout }) =>
      expect(["succeeded", "paused"]).toContain(rollout.state),
    );
  });
});

describe("cells that go silent, at every step,", () => {
  const silence = (cells: readonly number[], forMs: number): Fault => ({
    strike: ({ fleet, now }) => {
      for (const cell of cells) fleet.silent.set(cellNumber(cell), now);
      // What such a cell is about stands still with it.
      for (const network of fleet.networks.values())
        if (fleet.silent.has(network.belonging.cell) && now < network.askedAt + fleet.updateMs)
          network.askedAt += forMs;
    },
    later: ({ fleet, now }, since) => {
      if (now - since >= forMs) fleet.silent.clear();
    },
  });

  it.each([
    ["one of them", [1]],
    ["all of them", [0, 1, 2, 3]],
  ])("%s for ten minutes keep nothing from being done", (_what, cells) => {
    atEveryStep(silence(cells, 10 * MINUTE), (running, at) =>
      expect(statesOf(running), `pass ${at}`).toEqual(numbers.map(() => "done")),
    );
  });

  it("one of them for good is deferred, and the others are done", () => {
    atEveryStep(silence([1], Number.POSITIVE_INFINITY), (running, at) => {
      expect(running.rollout.state, `pass ${at}`).toBe("succeeded");
      for (const number of numbers) {
        const may = number % CELLS === 1 ? ["done", "deferred"] : ["done"];
        expect(may, `pass ${at}, network ${number}`).toContain(targetOf(running, number)?.state);
      }
    });
  });

  it("all of them for good are deferred, and fail nothing", () => {
    atEveryStep(silence([0, 1, 2, 3], Number.POSITIVE_INFINITY), (running, at) => {
      expect(rolloutHasEnded(running.rollout), `pass ${at}`).toBe(true);
      for (const state of statesOf(running)) expect(["done", "deferred"], `pass ${at}`).toContain(state);
    });
  });
});

describe("a fleet that changes, at every step,", () => {
  /** One network changes; it has come to an end that is allowed, and each of the others is done as if nothing had happened. */
  const changes = (
    strike: (network: SimulatedNetwork, running: Running) => void,
    ends: readonly (string | undefined)[],
    more: object = {},
  ): void => {
    for (const number of numbers)
      atEveryStep({ spec: more, strike: (running) => strike(networkOf(running, number), running) }, (running, at) => {
        expect(running.rollout.state, `pass ${at}`).toBe("succeeded");
        const { state, why } = targetOf(running, number) ?? {};
        expect(ends, `pass ${at}, network ${number}`).toContain(state === "skipped" ? why?.code : state);
        const others = numbers.filter((one) => one !== number);
        expect(others.filter((one) => targetOf(running, one)?.state !== "done")).toEqual([]);
      });
  };

  it("skips a network that is deleted", () => {
    changes(
      (network) => {
        network.gone = true;
      },
      ["done", "deleted"],
    );
  });

  it("keeps one that is moved out of the selected cells", () => {
    changes(
      (network) => {
        network.belonging = { ...network.belonging, cell: cellNumber(9), region: "region-9" };
      },
      ["done"],
      { selector: { cells: [0, 1, 2, 3].map(cellNumber) } },
    );
  });

  it("keeps one whose labels are no longer the selected ones", () => {
    changes(
      (network) => {
        network.belonging = { ...network.belonging, labels: { tier: "other" } };
      },
      ["done"],
      { selector: { labels: "tier in (canary, normal)" } },
    );
  });

  it("skips one that is pinned before it was begun", () => {
    changes(
      (network) => {
        network.pinned = true;
      },
      ["done", "pinned"],
    );
  });

  it("lets its owner have the last word, also of what is in flight", () => {
    for (const number of numbers) {
      let before: string | undefined;
      const strike = (running: Running) => {
        before = targetOf(running, number)?.state;
        const network = networkOf(running, number);
        network.intent = { ...network.intent, release: "1.6.0" };
        network.generation += 1;
      };
      atEveryStep({ spec: { from: { release: "1.4.x" } }, strike }, (running, at) => {
        const end = before === "done" ? undefined : before === "pending" ? "not-from" : "changed-by-owner";
        expect(targetOf(running, number)?.why?.code, `pass ${at}, ${before}`).toBe(end);
        expect(networkOf(running, number).intent.release).toBe("1.6.0");
      });
    }
  });

  it("takes one in that is created, in the last wave", () => {
    const number = 100;
    const created: Fault = {
      strike: (running) => {
        const { fleet, rollout, targets, now } = running;
        addNetwork(fleet, number, { cells: CELLS, regions: 2, breaks: false, nodes: 3 });
        const seen = sight(fleet, networkNumber(number), now);
        if (seen && joins(rollout, seen)) targets.set(seen.network, joinedTarget(rollout, seen, now));
      },
    };
    atEveryStep(created, (running, at) => {
      expect(targetOf(running, number), `pass ${at}`).toMatchObject({ state: "done", wave: 1 });
      expect(counts(running)).toEqual({ done: SIZE + 1 });
    });
  });

  it("takes one in whose labels become the selected ones, and none that it does not select", () => {
    const running = aRollout({ selector: { labels: "tier=canary" } }, { size: SIZE });
    expect([...running.targets.keys()]).toEqual([networkNumber(0)]);
    const see = (labels: Record<string, string>) => {
      const network = networkOf(running, 1);
      network.belonging = { ...network.belonging, labels };
      const seen = sight(running.fleet, networkNumber(1), T0);
      return seen && joins(running.rollout, seen);
    };
    expect([see({ tier: "normal" }), see({ tier: "canary" })]).toEqual([false, true]);
  });
});

describe("a freeze, at every step,", () => {
  const FROZEN = 40 * MINUTE;
  /** Who is frozen is told by the network's number alone: so the simulated fleet deals them out. */
  it.each<[string, FreezeScope, (number: number) => boolean]>([
    ["the fleet", { fleet: true }, () => true],
    ["a region", { region: "region-1" }, (number) => number % 2 === 1],
    ["a cell", { cell: cellNumber(2) }, (number) => number % CELLS === 2],
    ["a channel", { channel: "rapid" }, (number) => number % 4 === 0],
    ["an organization", { org: orgNumber(3) }, (number) => number % 7 === 3],
  ])("of %s starts nothing there until it ends, and then goes on", (_what, scope, isFrozen) => {
    const frozen = new Set<string>(numbers.filter(isFrozen).map(networkNumber));
    let until = 0;
    const freeze: Fault = {
      strike: (running) => {
        until = running.now + FROZEN;
        const [from, to] = [running.now, until].map((at) => new Date(at).toISOString());
        const record = { id: "frz_00000000000000000000000001", scope, reason: "year end", actor: "ann" };
        running.policies = {
          ...running.policies,
          freezes: [{ ...record, from, until: to, createdAt: from } as Freeze],
        };
      },
      afterPass: ({ now, policies }, started) => {
        if (policies.freezes.length > 0 && now < until) expect(started.filter((id) => frozen.has(id))).toEqual([]);
      },
    };
    atEveryStep(freeze, (running, at) => expect(statesOf(running), `pass ${at}`).toEqual(numbers.map(() => "done")));
    const first = runWith(0, freeze);
    const startOf = (id: string) =>
      Date.parse([...first.targets].find(([one]) => one === id)?.[1].attempt?.startedAt ?? "");
    for (const id of frozen) expect(startOf(id)).toBeGreaterThanOrEqual(T0 + FROZEN);
  });
});

describe("a window that its owner changes so that it never opens, at every step,", () => {
  it("puts the network off in the end, and keeps the rollout from nothing", () => {
    const past = { timeZone: "UTC", dates: ["2026-02-01"], from: "10:00", to: "11:00" };
    const strike = (running: Running) => {
      networkOf(running, 5).window = past;
    };
    atEveryStep({ strike }, (running, at) => {
      expect(running.rollout.state, `pass ${at}`).toBe("succeeded");
      const { state, why } = targetOf(running, 5) ?? {};
      expect([
        ["done", undefined],
        ["deferred", "window-never-opens"],
      ]).toContainEqual([state, why?.code]);
      expect(numbers.filter((one) => one !== 5 && targetOf(running, one)?.state !== "done")).toEqual([]);
    });
  });
});
