import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { systemClock } from "#adapters/world.ts";
import { NetworkId } from "#core/model/ids.ts";
import type { Observed } from "#core/model/network.ts";
import { openJournal } from "../../cell-agent/journal.ts";
import { pendingStatusOf } from "../../cell-agent/status-of.ts";
import { anInstance, now } from "./a-network.ts";

const id = (n: number) => NetworkId.parse(`net_${String(n).padStart(26, "0")}`);
const about = (n: number, online: number): Observed => ({
  ...pendingStatusOf(anInstance(), now),
  network: id(n),
  nodes: { online, total: 9 },
});
const still = { now: () => now, sleep: systemClock.sleep };

describe("the journal of a cell", () => {
  it("tells a follower everything that changed, whenever it asks", () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("record" as const), n: fc.nat(4), online: fc.nat(3) }),
      fc.record({ do: fc.constant("drop" as const), n: fc.nat(4) }),
      fc.record({ do: fc.constant("ask" as const) }),
    );
    void fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const journal = openJournal({ clock: still, run: "r" });
        const truth = new Map<string, number>();
        const follower = new Map<string, number>();
        let cursor: string | undefined;
        const ask = () => {
          const news = journal.since(cursor);
          for (const one of news.networks) follower.set(one.network, one.nodes.online);
          for (const gone of news.gone) follower.delete(gone);
          cursor = news.cursor;
          expect(news.total).toBe(truth.size);
        };
        for (const one of steps) {
          if (one.do === "ask") ask();
          else if (one.do === "drop") {
            journal.drop(id(one.n));
            truth.delete(id(one.n));
          } else {
            journal.record(about(one.n, one.online));
            truth.set(id(one.n), one.online);
          }
        }
        ask();
        expect(follower).toEqual(truth);
        expect(journal.since(cursor)).toMatchObject({ networks: [], gone: [] });
      }),
    );
  });

  it("tells everything to one whose cursor is of another run", () => {
    const journal = openJournal({ clock: still, run: "r" });
    journal.record(about(1, 0));
    expect(journal.since("q.1").networks).toHaveLength(1);
    expect(journal.since("r.999").networks).toHaveLength(1);
    expect(journal.since("nonsense").networks).toHaveLength(1);
  });

  it("gives each later word a later time, even within a millisecond", () => {
    const journal = openJournal({ clock: still, run: "r" });
    const times = [0, 1, 2].map((online) => {
      journal.record(about(1, online));
      return journal.read(id(1))?.reportedAt ?? "";
    });
    expect(new Set(times).size).toBe(3);
    expect([...times].sort()).toEqual(times);
  });

  it("does not make what it only remembers look fresh", () => {
    const journal = openJournal({ clock: { ...still, now: () => now + 60_000 }, run: "r" });
    journal.remember(about(1, 0));
    expect(journal.read(id(1))?.reportedAt).toBe("2026-01-01T00:00:00.000Z");
    journal.record(about(1, 0));
    expect(journal.read(id(1))?.reportedAt).toBe("2026-01-01T00:01:00.000Z");
  });

  it("wakes who waits at the next change, of that network alone if asked so", async () => {
    const journal = openJournal({ clock: systemClock, run: "r" });
    const { signal } = new AbortController();
    let woken = false;
    const waiting = journal.change({ network: id(1), milliseconds: 60_000, signal }).then(() => {
      woken = true;
    });
    journal.record(about(2, 0));
    await Promise.resolve();
    expect(woken).toBe(false);
    journal.record(about(1, 0));
    await waiting;
    expect(woken).toBe(true);
  });
});
