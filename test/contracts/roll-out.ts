import { afterEach, describe, expect, it } from "vitest";
import type { CellId, NetworkId, RolloutId } from "#core/model/ids.ts";
import { NetworkSpec } from "#core/model/network.ts";
import { parse } from "#core/model/parse.ts";
import { ReleaseSpec } from "#core/model/release/release.ts";
import { rolloutHasEnded } from "#core/model/rollout/rollout.ts";
import { RolloutSpec } from "#core/model/rollout/spec.ts";
import { createNetwork } from "#core/operations/create-network.ts";
import { deleteNetwork } from "#core/operations/delete-network.ts";
import { publishRelease } from "#core/operations/publish-release.ts";
import { MOST_LOOPS } from "#core/operations/rollout/advance-rollout.ts";
import { commandRollout } from "#core/operations/rollout/command-rollout.ts";
import { createFreeze } from "#core/operations/rollout/freeze-fleet.ts";
import { readTargets } from "#core/operations/rollout/read-targets.ts";
import { startRollout } from "#core/operations/rollout/start-rollout.ts";
import { sweep } from "#core/operations/sweep.ts";
import type { Store } from "#core/ports.ts";
import { tasksOf } from "#step-functions/asl.ts";
import { rollOut } from "#step-functions/roll-out.ts";
import { aControlPlane, type ControlPlaneOptions, type Intent, type TestControlPlane } from "../control-plane.ts";

const steps = tasksOf(rollOut);
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const quick = { minHealthyFor: "1s", bake: "1s", waves: [{ percent: 50 }, { percent: 100 }] };

/** What becomes of a rollout, wherever the intent is kept. */
export function rollOutContract(name: string, openIntent: () => Promise<Intent<Store>>): void {
  describe(`a rollout, with its intent in ${name}`, () => {
    let plane: TestControlPlane<Store>;
    let cells: CellId[];
    let peak: number;
    afterEach(() => plane.close());

    /** Cells report and time goes by with every turn of a rollout's loop. */
    const turn = async (rollout: string) => {
      await plane.follow();
      plane.clock.advance(2_000);
      await plane.report(...cells);
      peak = Math.max(peak, await plane.store.countOf(`rollout/${rollout}/global`));
    };
    const open = async (networks: number, options: ControlPlaneOptions = {}) => {
      const { wrap = (_name, handler) => handler } = options;
      peak = 0;
      plane = await aControlPlane({
        waitMs: 20,
        ...options,
        intent: await openIntent(),
        wrap: (step, handler) =>
          wrap(step, async (input) => {
            if (step === "AdvanceRollout") await turn((input as { rollout: string }).rollout);
            return handler(input);
          }),
      });
      cells = [(await plane.addCell()).id, (await plane.addCell()).id];
      const spec = parse(ReleaseSpec, { version: "0.2.0", upgradesFrom: ["0.1.x"], downgradesTo: ["0.1.x"] });
      await publishRelease(plane.deps, plane.caller, { spec, idempotencyKey: undefined });
      const made: NetworkId[] = [];
      for (let number = 0; number < networks; number++) {
        const { network, operation } = await createNetwork(plane.deps, plane.caller, {
          org: "default",
          spec: NetworkSpec.parse({ name: `n-${number}` }),
          idempotencyKey: undefined,
        });
        await plane.follow();
        await plane.ended(operation.id);
        made.push(network.id);
      }
      return made;
    };
    const start = (spec: object = {}) =>
      startRollout(plane.deps, plane.caller, {
        spec: parse(RolloutSpec, { change: { release: "0.2.0" }, ...quick, ...spec }),
        reason: "test",
      });
    const found = async (id: RolloutId) => (await plane.store.get("rollout", id))?.value;
    const reaches = (id: RolloutId, state: string) =>
      expect.poll(async () => (await found(id))?.state, { timeout: 240_000 }).toBe(state);
    const targets = async (id: RolloutId) => (await readTargets(plane.store, id)).map(({ value }) => value);
    const generations = async (networks: readonly NetworkId[]) =>
      (await plane.store.getMany("network", networks)).map(({ value }) => value.generation);
    const releases = async (networks: readonly NetworkId[]) =>
      (await plane.store.getMany("network", networks)).map(({ value }) => value.resolvedRelease);
    /** Every network was changed exactly once, and no slot is left. */
    const expectDone = async (id: RolloutId, networks: readonly NetworkId[]) => {
      await reaches(id, "succeeded");
      expect((await targets(id)).map(({ state }) => state)).toEqual(networks.map(() => "done"));
      expect(await generations(networks)).toEqual(networks.map(() => 2));
      expect(await releases(networks)).toEqual(networks.map(() => "0.2.0"));
      expect(await plane.store.countOf(`rollout/${id}/global`)).toBe(0);
      expect((await found(id))?.nextActionAt).toBeNull();
    };

    it("goes through its waves, never above its pace, and gives every slot back", async () => {
      const networks = await open(6);
      const { id } = await start({ maxConcurrent: 2 });
      await expectDone(id, networks);
      expect(peak).toBeGreaterThan(0);
      expect(peak).toBeLessThanOrEqual(2);
      for (const cell of cells) expect(await plane.store.countOf(`rollout/${id}/cell/${cell}`)).toBe(0);
    }, 300_000);

    it.each(steps)(
      "%s may run twice",
      async (step) => {
        const networks = await open(2, {
          wrap: (task, handler) =>
            task === step
              ? async (input) => {
                  await handler(input).catch(() => {});
                  return handler(input);
                }
              : handler,
        });
        await expectDone((await start()).id, networks);
      },
      300_000,
    );

    it.each(steps.flatMap((step) => [[step, "before"] as const, [step, "after"] as const]))(
      "an execution killed in %s, %s it acted, is made good by the sweep",
      async (step, when) => {
        let dead = 0;
        const networks = await open(2, {
          wrap: (task, handler) => async (input) => {
            if (task !== step || dead > 0) return handler(input);
            if (when === "after") await handler(input);
            dead += 1;
            return Promise.withResolvers<unknown>().promise;
          },
        });
        const { id } = await start();
        await expect.poll(() => dead, { timeout: 240_000 }).toBe(1);
        plane.clock.advance(2 * 60_000);
        await plane.report(...cells);
        expect((await sweep(plane.deps)).started).toBeGreaterThanOrEqual(1);
        await expectDone(id, networks);
        expect((await found(id))?.attempt).toBe(2);
      },
      300_000,
    );

    it("goes on in another execution before the history of this one is full", async () => {
      let isOld = true;
      const networks = await open(2, {
        wrap: (task, handler) => (input) => {
          const { loops } = input as { loops?: number };
          const old = task === "AdvanceRollout" && isOld && loops === 1;
          if (old) isOld = false;
          return handler(old ? { ...(input as object), loops: MOST_LOOPS - 1 } : input);
        },
      });
      const { id } = await start();
      await expectDone(id, networks);
      expect((await found(id))?.attempt).toBe(2);
      const executions = plane.workflows.executions.list("roll-out");
      expect(executions.map(({ name }) => name).sort()).toEqual([`${id}-1`, `${id}-2`]);
      await expect.poll(() => executions.map(({ status }) => status)).toEqual(["SUCCEEDED", "SUCCEEDED"]);
    }, 300_000);

    it("takes in a network that is created meanwhile, in its last wave", async () => {
      const networks = await open(2);
      const { id } = await start({ gates: [{ before: 2, kind: "manual" }] });
      await expect.poll(async () => (await found(id))?.gates[0]?.state, { timeout: 240_000 }).toBe("asking");
      const spec = NetworkSpec.parse({ name: "late" });
      const late = await createNetwork(plane.deps, plane.caller, { org: "default", spec, idempotencyKey: undefined });
      await plane.follow();
      await plane.ended(late.operation.id);
      expect(late.network.resolvedRelease).toBe("0.1.0");
      const approve = { verb: "approve", gate: 0 } as const;
      await commandRollout(plane.deps, plane.caller, { id, command: approve, reason: "fine" });
      await expectDone(id, [...networks, late.network.id]);
      expect((await targets(id)).find(({ network }) => network === late.network.id)?.wave).toBe(1);
    }, 300_000);

    /** Comes to the gate before the second wave with the first one done, and answers which network is left. */
    const atTheGate = async (networks: readonly NetworkId[]) => {
      const { id } = await start({ gates: [{ before: 2, kind: "manual" }] });
      await expect.poll(async () => (await found(id))?.gates[0]?.state, { timeout: 240_000 }).toBe("asking");
      const done = (await targets(id)).filter(({ state }) => state === "done").map(({ network }) => network);
      const [left] = networks.filter((network) => !done.includes(network));
      if (!left) throw new Error("the second wave is empty");
      const approve = () =>
        commandRollout(plane.deps, plane.caller, { id, command: { verb: "approve", gate: 0 }, reason: "fine" });
      const leftIs = async () => (await targets(id)).find(({ network }) => network === left);
      return { id, left, approve, leftIs };
    };

    it("skips a network that is deleted between its plan and its wave", async () => {
      const networks = await open(2);
      const { id, left, approve, leftIs } = await atTheGate(networks);
      const { operation } = await deleteNetwork(plane.deps, plane.caller, { id: left, ifMatch: "*" });
      await plane.follow();
      await plane.ended(operation.id);
      await approve();
      await reaches(id, "succeeded");
      expect(await leftIs()).toMatchObject({ state: "skipped", why: { code: "deleted" }, attempt: null });
    }, 300_000);

    it("starts nothing under a freeze, and goes on once a clock that jumps says that it is over", async () => {
      const networks = await open(2);
      const { id, left, approve, leftIs } = await atTheGate(networks);
      const until = new Date(plane.clock.now() + 30 * DAY).toISOString();
      await createFreeze(plane.deps, plane.caller, {
        scope: { org: plane.caller.org },
        reason: "year end",
        until,
      });
      await approve();
      await expect.poll(async () => (await leftIs())?.why?.code, { timeout: 240_000 }).toBe("frozen");
      expect(await generations([left])).toEqual([1]);
      plane.clock.advance(31 * DAY);
      await expectDone(id, networks);
    }, 300_000);

    it("waits for a cell that is silent, and goes on when it reports again", async () => {
      const networks = await open(2);
      const { id, left, approve, leftIs } = await atTheGate(networks);
      const all = cells;
      const [home] = await plane.store.getMany("placement", [left]);
      cells = all.filter((cell) => cell !== home?.value.cell);
      plane.clock.advance(2 * MINUTE);
      await approve();
      await expect.poll(async () => (await leftIs())?.why?.code, { timeout: 240_000 }).toBe("cell-silent");
      expect(await generations([left])).toEqual([1]);
      cells = all;
      await expectDone(id, networks);
    }, 300_000);

    it.each([
      { what: "all of them begun", waves: [{ percent: 100 }], begun: 2 },
      { what: "one of them not begun", waves: [{ percent: 50 }, { percent: 100 }], begun: 1 },
    ])(
      "takes networks over from an older rollout where it says so, $what, which both records tell",
      async ({ waves, begun }) => {
        const networks = await open(2);
        const older = await start({ waves, minHealthyFor: "24h", healthyDeadline: "48h" });
        const states = async () => (await targets(older.id)).map(({ state }) => state);
        await expect
          .poll(async () => (await states()).filter((state) => state === "soaking").length, { timeout: 240_000 })
          .toBe(begun);
        const newer = await start({ change: { settings: { heartbeat: "30s" } }, supersede: true });
        await reaches(newer.id, "succeeded");
        await expect.poll(states, { timeout: 240_000 }).toEqual(["skipped", "skipped"]);
        expect((await targets(older.id)).map(({ why }) => why?.message)).toEqual(
          networks.map(() => `rollout ${newer.id} took the network over`),
        );
        const holds = await plane.store.getMany("rollout-hold", networks);
        expect(holds.map(({ value }) => value.rollout)).toEqual([newer.id, newer.id]);
        expect(holds.flatMap(({ value }) => value.over)).toContain(older.id);
        expect(await plane.store.countOf(`rollout/${older.id}/global`)).toBe(0);
      },
      300_000,
    );

    it("is started by hand as an execution, once, and its id derives from it", async () => {
      const networks = await open(2, {});
      const input = { spec: { change: { release: "0.2.0" }, ...quick }, actor: "ann", reason: "by hand" };
      await plane.workflows.start("roll-out", "by-hand", input);
      await expect.poll(async () => (await plane.store.list("rollouts", "all", { limit: 5 })).length).toBe(1);
      const [listed] = await plane.store.list("rollouts", "all", { limit: 5 });
      const id = listed?.id as RolloutId;
      await expectDone(id, networks);
      expect(await found(id)).toMatchObject({ actor: "ann", reason: "by hand", attempt: 1 });
    }, 300_000);

    it("started by hand with a bad spec fails with the sentence that the API gives", async () => {
      await open(1);
      const spec = { change: { release: "9.9.9" } };
      const refused = await start(spec).catch((error: Error) => error.message);
      await plane.workflows.start("roll-out", "bad", { spec, actor: "ann", reason: "by hand" });
      const [execution] = plane.workflows.executions.list("roll-out");
      await expect.poll(() => execution?.status).toBe("FAILED");
      expect(JSON.stringify(execution?.end?.how)).toContain(String(refused));
      expect(await plane.store.list("rollouts", "all", { limit: 5 })).toEqual([]);
    }, 300_000);

    it("is paused when its execution is stopped, and says so; a resume goes on", async () => {
      const networks = await open(2);
      const { id } = await start({ gates: [{ before: 1, kind: "manual" }] });
      await expect.poll(async () => (await found(id))?.gates[0]?.state, { timeout: 240_000 }).toBe("asking");
      const [running] = plane.workflows.executions.list("roll-out");
      await running?.stop({ cause: "enough" });
      await reaches(id, "paused");
      expect((await found(id))?.paused?.reason).toBe("its execution was stopped in Step Functions: enough");
      const tell = (command: Parameters<typeof commandRollout>[2]["command"], reason = "") =>
        commandRollout(plane.deps, plane.caller, { id, command, reason });
      await expect(tell({ verb: "approve" })).rejects.toMatchObject({ kind: "invalid-input" });
      await tell({ verb: "resume" });
      await tell({ verb: "approve", gate: 0 }, "looked at it");
      await expectDone(id, networks);
      await expect(tell({ verb: "pause" })).rejects.toMatchObject({ kind: "not-possible-now" });
    }, 300_000);

    it("takes everything back that it changed, and gives every slot back", async () => {
      const networks = await open(3);
      const { id } = await start();
      await expectDone(id, networks);
      await commandRollout(plane.deps, plane.caller, { id, command: { verb: "roll-back" }, reason: "customers" });
      await reaches(id, "rolled-back");
      expect(await releases(networks)).toEqual(networks.map(() => "0.1.0"));
      expect(await generations(networks)).toEqual(networks.map(() => 3));
      expect(await plane.store.countOf(`rollout/${id}/global`)).toBe(0);
    }, 300_000);

    it("waits for an older rollout that holds the same network, and goes on when that has ended", async () => {
      const networks = await open(2);
      const older = await start({ bake: "1s", gates: [{ after: 2, kind: "manual" }] });
      await expect.poll(async () => (await found(older.id))?.gates[0]?.state, { timeout: 240_000 }).toBe("asking");
      const newer = await start({ change: { settings: { heartbeat: "30s" } } });
      await expect
        .poll(async () => (await targets(newer.id)).map(({ why }) => why?.code ?? null), { timeout: 240_000 })
        .toContain("held-by-rollout");
      expect(await generations(networks)).toEqual([2, 2]);
      const approve = { verb: "approve", gate: 0 } as const;
      await commandRollout(plane.deps, plane.caller, { id: older.id, command: approve, reason: "fine" });
      await reaches(older.id, "succeeded");
      await reaches(newer.id, "succeeded");
      expect(await generations(networks)).toEqual([3, 3]);
      expect(rolloutHasEnded({ state: "succeeded" })).toBe(true);
    }, 300_000);
  });
}
