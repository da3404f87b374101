import { afterEach, describe, expect, it } from "vitest";
import { Refusal } from "#core/errors.ts";
import type { CellId, NetworkId, RolloutId } from "#core/model/ids.ts";
import { parse } from "#core/model/parse.ts";
import { ReleaseSpec } from "#core/model/release/release.ts";
import { rowsOf } from "#core/model/rollout/page.ts";
import { RolloutSpec } from "#core/model/rollout/spec.ts";
import { rowOf } from "#core/model/rollout/target-row.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { publishRelease } from "#core/operations/publish-release.ts";
import { advanceRollout } from "#core/operations/rollout/advance-rollout.ts";
import { commandRollout } from "#core/operations/rollout/command-rollout.ts";
import { readPages } from "#core/operations/rollout/read-pages.ts";
import { readTargets } from "#core/operations/rollout/read-targets.ts";
import { startRollout } from "#core/operations/rollout/start-rollout.ts";
import { takeUpRollout } from "#core/operations/rollout/take-up-rollout.ts";
import type { Store } from "#core/ports.ts";
import { aControlPlane, type Intent, type TestControlPlane } from "../control-plane.ts";
import { drive, plan, seedFleet } from "../seed-fleet.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** How many networks: `many` is more than a pass looks at, and no whole number of pages; 0 where a store is too slow for so many. */
export interface ScaleSizes {
  readonly many: number;
  readonly raced: number;
  readonly killed: number;
}
/** Three pages. */
const PLANNED = 200;
class Killed extends Error {}

/** What must hold of a rollout that is larger than one pass, and of one that is killed at any write. */
export function rollOutScaleContract(
  name: string,
  openIntent: () => Promise<Intent<Store>>,
  { many, raced, killed }: ScaleSizes = { many: 640, raced: 60, killed: 4 },
): void {
  describe(`a large rollout, with its intent in ${name}`, () => {
    let plane: TestControlPlane<Store>;
    let cells: CellId[];
    afterEach(() => plane.close());

    const open = async (size: number): Promise<NetworkId[]> => {
      plane = await aControlPlane({ intent: await openIntent() });
      // The test turns the loop itself.
      const workflows = { ...plane.deps.workflows, start: async () => "started" as const };
      Object.assign(plane, { deps: { ...plane.deps, workflows } });
      cells = [
        (await plane.addCell({ region: "north" })).id,
        (await plane.addCell({ region: "north" })).id,
        (await plane.addCell({ region: "south" })).id,
      ];
      const spec = parse(ReleaseSpec, { version: "0.2.0", upgradesFrom: ["0.1.x"], downgradesTo: ["0.1.x"] });
      await publishRelease(plane.deps, plane.caller, { spec, idempotencyKey: undefined });
      const made = await seedFleet(plane, size, cells);
      plane.clock.advance(2 * HOUR);
      await plane.report(...cells);
      return made;
    };
    const start = async (spec: object = {}): Promise<RolloutId> => {
      const asked = {
        change: { release: "0.2.0" },
        waves: [{ percent: 10 }, { percent: 100 }],
        bake: "1s",
        minHealthyFor: "1s",
      };
      return (
        await startRollout(plane.deps, plane.caller, {
          spec: parse(RolloutSpec, { ...asked, ...spec }),
          reason: "test",
        })
      ).id;
    };
    const rows = async (id: RolloutId) =>
      (await readPages(plane.store, id)).flatMap(({ value }) => rowsOf(value)).sort(byNetwork);
    /** Each network is on one page, which says of it what its own record does, and no slot is left. */
    const expectSettled = async (id: RolloutId, networks: readonly NetworkId[]) => {
      const targets = (await readTargets(plane.store, id)).map(({ value }) => value).sort(byNetwork);
      expect(targets.map(({ network }) => network)).toEqual(networks.toSorted());
      const short = await rows(id);
      expect(short).toEqual(
        targets.map((target, at) => rowOf(target, short[at] ?? { cell: "cel_0" as CellId, region: "" })),
      );
      for (const counter of ["global", ...cells.map((cell) => `cell/${cell}`), "region/north", "region/south"])
        expect(await plane.store.countOf(`rollout/${id}/${counter}`)).toBe(0);
    };
    /** And each was changed once. */
    const expectOnce = async (id: RolloutId, networks: readonly NetworkId[], generation = 2) => {
      const found = await plane.store.getMany("network", networks);
      expect(found.filter(({ value }) => value.generation !== generation)).toEqual([]);
      await expectSettled(id, networks);
    };

    if (many > 0) {
      it("comes to its end wave by wave, though no pass reads the whole of it", async () => {
        const networks = await open(many);
        const id = await start({ maxConcurrent: 100 });
        await plan(plane.deps, id);
        let most = 0;
        const passes = await drive(plane, id, cells, {
          pass: async (deps, input) => {
            const counted = countReads(deps);
            const step = await advanceRollout(counted.deps, input);
            most = Math.max(most, counted.targets());
            expect(await plane.store.countOf(`rollout/${id}/global`)).toBeLessThanOrEqual(100);
            return step;
          },
        });
        expect((await plane.store.get("rollout", id))?.value.state).toBe("succeeded");
        expect(most).toBeLessThan(many);
        expect(passes).toBeLessThan(100);
        await expectOnce(id, networks);
      }, 300_000);

      it("is taken back, and aborted, though no pass reads the whole of it", async () => {
        const networks = await open(many);
        const id = await start({ maxConcurrent: "50%", waves: [{ percent: 100 }] });
        await plan(plane.deps, id);
        const first = await advanceRollout(plane.deps, { rollout: id, attempt: 1, loops: 0 });
        expect(first.over).toBe(false);
        await commandRollout(plane.deps, plane.caller, { id, command: { verb: "roll-back" }, reason: "customers" });
        await drive(plane, id, cells, { attempt: 2 });
        expect((await plane.store.get("rollout", id))?.value.state).toBe("rolled-back");
        const targets = (await readTargets(plane.store, id)).map(({ value }) => value);
        const touched = targets.filter(({ attempt }) => attempt !== null).map(({ network }) => network);
        expect(touched.length).toBeGreaterThan(100);
        for (const { value } of await plane.store.getMany("network", networks)) {
          const { resolvedRelease, generation } = value;
          const isTouched = touched.includes(value.id);
          expect([resolvedRelease, generation]).toEqual(["0.1.0", isTouched ? 3 : 1]);
        }
        await expectSettled(id, networks);

        const other = await start();
        await plan(plane.deps, other);
        await commandRollout(plane.deps, plane.caller, { id: other, command: { verb: "abort" }, reason: "enough" });
        await drive(plane, other, cells, { attempt: 2 });
        expect((await plane.store.get("rollout", other))?.value.state).toBe("aborted");
        expect(new Set((await rows(other)).map(({ state }) => state))).toEqual(new Set(["skipped"]));
      }, 300_000);
    }

    it("is planned once, wherever its planning is killed between two pages", async () => {
      const networks = await open(PLANNED);
      const pages = Math.ceil(PLANNED / 90);
      for (const [at, when] of Array.from({ length: pages }, (_, page) => [
        [page, "before"] as const,
        [page, "after"] as const,
      ]).flat()) {
        const id = await start();
        let writes = 0;
        const dying = killing(plane.deps, () => (writes++ === at ? when : "lives"));
        await expect(plan(dying, id)).rejects.toThrow(Killed);
        expect((await plane.store.get("rollout", id))?.value.state).toBe("planned");
        await plan(plane.deps, id);
        expect((await plane.store.get("rollout", id))?.value.state).toBe("running");
        expect((await rows(id)).map(({ network }) => network)).toEqual(networks.toSorted());
        expect((await readTargets(plane.store, id)).length).toBe(PLANNED);
        await commandRollout(plane.deps, plane.caller, { id, command: { verb: "abort" }, reason: "next" });
      }
    }, 300_000);

    it("never has more in flight than it may, in all, in a cell and in a region, whoever else turns the same loop", async () => {
      const networks = await open(raced);
      const id = await start({ maxConcurrent: { total: 7, perCell: 3, perRegion: 4 }, waves: [{ percent: 100 }] });
      await plan(plane.deps, id);
      const limits = [
        ["global", 7],
        ...cells.map((cell) => [`cell/${cell}`, 3]),
        ["region/north", 4],
        ["region/south", 4],
      ];
      const above: string[] = [];
      let watching = true;
      const watch = (async () => {
        while (watching) {
          for (const [counter, limit] of limits)
            if ((await plane.store.countOf(`rollout/${id}/${counter}`)) > Number(limit)) above.push(String(counter));
          await new Promise((resolve) => setImmediate(resolve));
        }
      })();
      await drive(plane, id, cells, {
        pass: async (deps, input) => {
          const passes = await Promise.allSettled(Array.from({ length: 4 }, () => advanceRollout(deps, input)));
          const done = passes.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
          const [step] = done.filter(({ over }) => over).concat(done);
          if (step) return step;
          // Each hindered the others: the workflow repeats the task.
          return { ...input, schemaVersion: 1, over: false, waitSeconds: 1 };
        },
      }).catch((error: unknown) => {
        if (!(error instanceof Refusal) || error.kind !== "superseded") throw error;
      });
      watching = false;
      await watch;
      expect(above).toEqual([]);
      expect((await plane.store.get("rollout", id))?.value.state).toBe("succeeded");
      await expectOnce(id, networks);
    }, 300_000);

    it("starts nothing twice and forgets nothing, at whichever write it is killed", async () => {
      const fleet = await open(killed);
      let generation = 1;
      for (let at = 0, wasKilled = true; wasKilled; at += 1)
        for (const when of ["before", "after"] as const) {
          const release = generation % 2 === 1 ? "0.2.0" : "0.1.0";
          const id = await start({ change: { release }, maxConcurrent: 2 });
          let writes = 0;
          const dying = killing(plane.deps, () => (writes++ === at ? when : "lives"));
          wasKilled = false;
          try {
            await plan(dying, id);
            await drive({ ...plane, deps: dying }, id, cells);
          } catch (error) {
            if (!(error instanceof Killed)) throw error;
            wasKilled = true;
          }
          const attempt = (await plane.store.get("rollout", id))?.value.attempt ?? 0;
          plane.clock.advance(2 * MINUTE);
          await plane.report(...cells);
          // The last write ends it, so that there is nothing left to take up.
          if (await takeUpRollout(plane.deps, id, plane.clock.now())) {
            await plan(plane.deps, id, attempt + 1);
            await drive(plane, id, cells, { attempt: attempt + 1 });
          }
          expect((await plane.store.get("rollout", id))?.value.state, `write ${at}, ${when}`).toBe("succeeded");
          generation += 1;
          await expectOnce(id, fleet, generation);
        }
    }, 300_000);
  });
}

const byNetwork = (a: { readonly network: string }, b: { readonly network: string }): number =>
  a.network < b.network ? -1 : 1;

/** The store, dead from one write on: before it was made, or after it and before anybody heard. */
function killing(deps: Dependencies, fate: () => "lives" | "before" | "after"): Dependencies {
  const { store } = deps;
  const commit: Store["commit"] = async (changes) => {
    const now = fate();
    if (now === "before") throw new Killed("before");
    await store.commit(changes);
    if (now === "after") throw new Killed("after");
  };
  return { ...deps, store: { ...store, commit } };
}

function countReads(deps: Dependencies): { readonly deps: Dependencies; readonly targets: () => number } {
  let targets = 0;
  const { store } = deps;
  const getMany: Store["getMany"] = (kind, ids) => {
    if (kind === "rollout-target") targets += ids.length;
    return store.getMany(kind, ids);
  };
  return { deps: { ...deps, store: { ...store, getMany } }, targets: () => targets };
}
