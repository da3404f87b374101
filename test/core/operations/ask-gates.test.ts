import { afterEach, describe, expect, it } from "vitest";
import type { CellId, RolloutId } from "#core/model/ids.ts";
import { NetworkSpec } from "#core/model/network.ts";
import { parse } from "#core/model/parse.ts";
import { ReleaseSpec } from "#core/model/release/release.ts";
import type { AskedGate, GateAnswer, GateQuestion } from "#core/model/rollout/gate.ts";
import { RolloutSpec } from "#core/model/rollout/spec.ts";
import { createNetwork } from "#core/operations/create-network.ts";
import { publishRelease } from "#core/operations/publish-release.ts";
import { commandRollout } from "#core/operations/rollout/command-rollout.ts";
import { explainRollout } from "#core/operations/rollout/read-rollout.ts";
import { startRollout } from "#core/operations/rollout/start-rollout.ts";
import type { Gates } from "#core/ports.ts";
import { aControlPlane, type TestControlPlane } from "../../control-plane.ts";

/** Says what it is told to, and remembers what it was asked. */
function toldGates(first: GateAnswer) {
  const questions: GateQuestion[] = [];
  const told = { answer: () => Promise.resolve(first) };
  const gates: Gates = {
    whyNot: (gate: AskedGate) => (gate.kind === "alarm" ? "asked here" : undefined),
    ask(_gate, question) {
      questions.push(question);
      return told.answer();
    },
  };
  const say = (answer: () => Promise<GateAnswer>): void => {
    told.answer = answer;
  };
  return { gates, questions, say };
}

const webhook = { kind: "webhook", url: "https://gate.test/ask", every: "1s", timeout: "1h" };
const notYet: GateAnswer = { says: "not-yet", detail: "tests run" };

describe("a rollout with a gate that something outside answers", () => {
  let plane: TestControlPlane;
  let cell: CellId;
  afterEach(() => plane.close());

  const open = async (gates: Gates) => {
    plane = await aControlPlane({
      ...{ waitMs: 20, gates },
      wrap: (task, handler) => async (input) => {
        if (task === "AdvanceRollout") {
          await plane.follow();
          plane.clock.advance(2_000);
          await plane.report(cell);
        }
        return handler(input);
      },
    });
    cell = (await plane.addCell()).id;
    const release = parse(ReleaseSpec, { version: "0.2.0", upgradesFrom: ["0.1.x"], downgradesTo: ["0.1.x"] });
    await publishRelease(plane.deps, plane.caller, { spec: release, idempotencyKey: undefined });
    const spec = NetworkSpec.parse({ name: "n" });
    const made = await createNetwork(plane.deps, plane.caller, { org: "default", spec, idempotencyKey: undefined });
    await plane.follow();
    await plane.ended(made.operation.id);
    return made.network.id;
  };
  const start = (spec: object) =>
    startRollout(plane.deps, plane.caller, {
      spec: parse(RolloutSpec, {
        ...{ change: { release: "0.2.0" }, minHealthyFor: "1s", bake: "1s", waves: [{ percent: 100 }] },
        ...spec,
      }),
      reason: "labels are kept",
    });
  const found = async (id: RolloutId) => (await plane.store.get("rollout", id))?.value;
  const generationOf = async (network: string) => (await plane.store.get("network", network))?.value.generation;

  it("asks it what it is about, says what it waits for, and goes on when it says yes", async () => {
    const { gates, questions, say } = toldGates(notYet);
    const network = await open(gates);
    const { id } = await start({ gates: [{ ...webhook, before: 1 }] });
    await expect.poll(async () => (await found(id))?.gates[0]?.detail, { timeout: 60_000 }).toBe("tests run");
    expect((await explainRollout(plane.deps, id)).summary).toContain(
      "the webhook gate before wave 1 has not said yes yet",
    );
    expect(questions[0]).toEqual({
      ...{ rollout: id, gate: 1, side: "before", wave: 1, waves: 1 },
      ...{ change: "to release 0.2.0", reason: "labels are kept" },
    });
    expect(await generationOf(network)).toBe(1);
    say(async () => ({ says: "yes", detail: "green" }));
    await expect.poll(async () => (await found(id))?.state, { timeout: 60_000 }).toBe("succeeded");
    expect((await found(id))?.gates[0]).toMatchObject({ state: "passed", detail: "green" });
    expect(await generationOf(network)).toBe(2);
  }, 120_000);

  it.each([
    ["pause", "paused", 2],
    ["abort", "failed", 2],
    ["rollback", "rolled-back", 3],
  ] as const)(
    "keeps the reason of a no, and does what onFailure says: %s",
    async (onFailure, state, generation) => {
      const { gates } = toldGates({ says: "no", detail: "errors rise" });
      const network = await open(gates);
      const { id } = await start({ gates: [{ ...webhook, after: 1 }], onFailure });
      await expect.poll(async () => (await found(id))?.state, { timeout: 60_000 }).toBe(state);
      expect((await found(id))?.gates[0]).toMatchObject({ state: "refused", detail: "errors rise" });
      expect(await generationOf(network)).toBe(generation);
    },
    120_000,
  );

  it("obeys a command at once while it is being asked, and what is said after that does not count", async () => {
    const { gates, say, questions } = toldGates(notYet);
    const network = await open(gates);
    const late = Promise.withResolvers<GateAnswer>();
    say(() => late.promise);
    const { id } = await start({ gates: [{ ...webhook, before: 1 }] });
    await expect.poll(() => questions.length, { timeout: 60_000 }).toBe(1);
    await commandRollout(plane.deps, plane.caller, { id, command: { verb: "pause" }, reason: "lunch" });
    late.resolve({ says: "yes", detail: "green" });
    const first = plane.workflows.executions.list("roll-out").find(({ name }) => name === `${id}-1`);
    await expect.poll(() => first?.status, { timeout: 60_000 }).not.toBe("RUNNING");
    expect(await found(id)).toMatchObject({ state: "paused", gates: [{ state: "asking" }] });
    expect(await generationOf(network)).toBe(1);
  }, 120_000);

  it("is opened by a person only with a reason", async () => {
    const { gates } = toldGates(notYet);
    await open(gates);
    const { id } = await start({ gates: [{ ...webhook, before: 1 }] });
    await expect.poll(async () => (await found(id))?.gates[0]?.state, { timeout: 60_000 }).toBe("asking");
    const approve = (reason: string) =>
      commandRollout(plane.deps, plane.caller, { id, command: { verb: "approve", gate: 0 }, reason });
    await expect(approve(" ")).rejects.toMatchObject({ kind: "invalid-input" });
    await approve("the tests are broken, not the release");
    await expect.poll(async () => (await found(id))?.state, { timeout: 60_000 }).toBe("succeeded");
    expect((await found(id))?.gates[0]?.detail).toContain("the tests are broken");
  }, 120_000);

  it("is refused where such a gate cannot be asked", async () => {
    const { gates } = toldGates(notYet);
    await open(gates);
    const refused = await start({ gates: [{ kind: "alarm", before: 1, alarm: "x" }] }).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      kind: "invalid-input",
      details: { errors: [{ path: "gates.0", message: "the alarm gate cannot be asked here" }] },
    });
  });
});
