import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ulids } from "#adapters/world.ts";
import type { InstanceSummary } from "#core/model/instance.ts";
import { type Network, NetworkSpec } from "#core/model/network.ts";
import type { Operation } from "#core/model/operation.ts";
import { findingsOf, MOST_FINDINGS, type Placed, type Stranger, survey, type Verdict } from "#core/model/survey.ts";
import { anOperation } from "../builders.ts";

const ids = ulids({ now: () => 1_700_000_000_000 });
const org = ids.next("org");
const cell = ids.next("cel");
const at = "2026-01-01T00:00:00.000Z";

function aNetwork(network: Partial<Network> = {}): Network {
  const spec = NetworkSpec.parse({ name: "factory" });
  const made = { id: ids.next("net"), org, generation: 3, deleting: false, operation: ids.next("op") };
  return { ...spec, ...made, createdAt: at, updatedAt: at, ...network };
}

const placedNetwork = (network: Partial<Network> = {}, operation: Partial<Operation> = {}): Placed => {
  const made = aNetwork(network);
  const ended = { id: made.operation, network: made.id, state: "succeeded" as const, nextActionAt: null };
  return { network: made, operation: anOperation({ ...ended, ...operation }) };
};

const aSummary = (id: InstanceSummary["id"], summary: Partial<InstanceSummary> = {}): InstanceSummary => ({
  id,
  epoch: 1,
  generation: 3,
  observed: 3,
  hash: "",
  spec: { org, name: "factory", plan: "starter", release: "0.1.0", settings: {} },
  ...summary,
});

describe("a survey of what intent places in a cell", () => {
  const judge = (one: Placed, summary: Partial<InstanceSummary> | undefined, epoch = 1) =>
    survey([one], summary ? [aSummary(one.network.id, summary)] : [], [], epoch).map(
      ({ what, action }) => `${what} ${action}`,
    );

  it.each<[string, Placed, Partial<InstanceSummary> | undefined, number, string[]]>([
    ["is there at its generation", placedNetwork(), {}, 1, []],
    ["is there under an older epoch", placedNetwork(), {}, 2, []],
    ["is not there", placedNetwork(), undefined, 1, ["missing restored"]],
    ["is there at an older generation", placedNetwork(), { generation: 2 }, 1, ["behind restored"]],
    ["is there at a generation never given", placedNetwork(), { generation: 5 }, 2, ["ahead adopted"]],
    ["is at one never given, unsaid what", placedNetwork(), { generation: 5, spec: undefined }, 2, ["ahead reported"]],
    ["was handed to another home", placedNetwork(), { epoch: 2 }, 1, ["ahead reported"]],
    ["is not there, and on its way", placedNetwork({}, { state: "running" }), undefined, 1, []],
    ["is not there, and failed", placedNetwork({}, { state: "failed" }), undefined, 1, []],
    ["is not there, and going", placedNetwork({ deleting: true }), undefined, 1, []],
    ["is ahead, and going", placedNetwork({ deleting: true }), { generation: 5 }, 2, []],
    [
      "is ahead of work that comes from a backup",
      placedNetwork({}, { state: "pending" }),
      { generation: 5 },
      2,
      ["ahead adopted"],
    ],
  ])("that %s", (_what, one, summary, epoch, expected) => {
    expect(judge(one, summary, epoch)).toEqual(expected);
  });
});

describe("a survey of what a cell has beside that", () => {
  const judge = (stranger: Partial<Stranger>, summary: Partial<InstanceSummary> = {}, epoch = 1) => {
    const it: Stranger = {
      summary: aSummary(ids.next("net"), summary),
      network: undefined,
      placedIn: undefined,
      newest: undefined,
      organizationKnown: true,
      ...stranger,
    };
    return survey([], [it.summary], [it], epoch).map(({ what, action }) => `${what} ${action}`);
  };
  const elsewhere = ids.next("cel");

  it.each<[string, Partial<Stranger>, Partial<InstanceSummary>, number, string]>([
    ["that we deleted", { newest: anOperation({ kind: "delete", state: "succeeded" }) }, {}, 1, "orphan removed"],
    ["whose deletion failed", { newest: anOperation({ kind: "delete", state: "failed" }) }, {}, 1, "orphan reported"],
    ["that we made and lost", { newest: anOperation({ state: "succeeded" }) }, {}, 1, "orphan reported"],
    ["that nobody knows, of ours", {}, {}, 1, "orphan adopted"],
    ["that people wrote with kubectl", {}, { epoch: 0 }, 1, "orphan reported"],
    ["that nobody knows, of nobody", { organizationKnown: false }, {}, 1, "orphan reported"],
    ["that nobody knows, unsaid what", {}, { spec: undefined }, 1, "orphan reported"],
    ["that is placed elsewhere", { network: aNetwork(), placedIn: elsewhere }, {}, 1, "orphan reported"],
    ["that is being placed", { network: aNetwork() }, {}, 1, "orphan reported"],
    ["whose place came after the backup", { network: aNetwork() }, {}, 2, "unplaced adopted"],
    ["that another home took over", {}, { epoch: 3 }, 2, "orphan reported"],
    [
      "that we deleted and another home took over",
      { newest: anOperation({ kind: "delete", state: "succeeded" }) },
      { epoch: 3 },
      2,
      "orphan reported",
    ],
  ])("%s", (_what, stranger, summary, epoch, expected) => {
    expect(judge(stranger, summary, epoch)).toEqual([expected]);
  });
});

describe("any survey", () => {
  const anyWorld = fc.record({
    epoch: fc.integer({ min: 1, max: 3 }),
    networks: fc.array(
      fc.record({
        place: fc.constantFrom("here", "elsewhere", "nowhere", "unknown"),
        deleting: fc.boolean(),
        generation: fc.integer({ min: 1, max: 4 }),
        state: fc.constantFrom("pending", "running", "succeeded", "failed", "cancelled" as const),
        kind: fc.constantFrom("create", "update", "delete" as const),
        history: fc.boolean(),
        ours: fc.boolean(),
        listed: fc.option(
          fc.record({ epoch: fc.integer({ min: 1, max: 4 }), generation: fc.integer({ min: 1, max: 5 }) }),
        ),
      }),
      { maxLength: 12 },
    ),
  });

  it("removes nothing but what a deletion of ours ended, and judges each network at most once", () => {
    fc.assert(
      fc.property(anyWorld, ({ epoch, networks }) => {
        const placed: Placed[] = [];
        const listed: InstanceSummary[] = [];
        const strangers: Stranger[] = [];
        const mayGo = new Set<string>();
        for (const one of networks) {
          const { deleting, generation, state, kind } = one;
          const made = placedNetwork({ deleting, generation }, { state, kind });
          const { id } = made.network;
          if (one.place === "here") placed.push(made);
          if (!one.listed) continue;
          const summary = aSummary(id, one.listed);
          listed.push(summary);
          if (one.place === "here") continue;
          const known = one.place === "elsewhere" || one.place === "nowhere";
          const newest = known || one.history ? made.operation : undefined;
          strangers.push({
            summary,
            network: known ? made.network : undefined,
            placedIn: one.place === "elsewhere" ? cell : undefined,
            newest,
            organizationKnown: one.ours,
          });
          if (!known && newest?.kind === "delete" && state === "succeeded") mayGo.add(id);
        }
        const verdicts = survey(placed, listed, strangers, epoch);
        expect(new Set(verdicts.map(({ network }) => network)).size).toBe(verdicts.length);
        for (const { action, network } of verdicts) if (action === "removed") expect(mayGo).toContain(network);
        const newer = listed.filter((summary) => summary.epoch > epoch).map(({ id }) => id);
        for (const { action, network } of verdicts) if (newer.includes(network)) expect(action).toBe("reported");
      }),
    );
  });

  it("keeps since when a finding is known, and as many as an item may hold", () => {
    const verdict = (n: number): Verdict => ({
      ...{ network: `net_${String(n).padStart(26, "0")}` as Verdict["network"], org, name: "a" },
      ...{ what: "orphan", action: "reported", why: "nobody knows it" },
    });
    const later = "2026-01-02T00:00:00.000Z";
    const first = findingsOf(cell, [verdict(1)], undefined, at);
    const second = findingsOf(cell, [verdict(1), verdict(2)], first, later);
    expect(second.findings.map(({ since }) => since)).toEqual([at, later]);
    const many = findingsOf(
      cell,
      Array.from({ length: 600 }, (_, n) => verdict(n)),
      undefined,
      at,
    );
    expect([many.findings.length, many.total]).toEqual([MOST_FINDINGS, 600]);
    expect(JSON.stringify(many).length).toBeLessThan(400_000);
  });
});
