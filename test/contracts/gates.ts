import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RolloutId } from "#core/model/ids.ts";
import type { AskedGate, GateQuestion } from "#core/model/rollout/gate.ts";
import type { Gates } from "#core/ports.ts";

export interface GatesUnderTest {
  readonly gates: Gates;
  readonly gate: AskedGate;
  /** What who is asked says from now on: plainly, nonsense, an error of its own, or nothing at all. */
  readonly say: (what: "yes" | "no" | "not-yet" | "nonsense" | "error" | "nothing") => void;
  close(): Promise<void>;
}

export const aQuestion: GateQuestion = {
  rollout: "rol_00000000000000000000000001" as RolloutId,
  ...{ gate: 1, side: "before", wave: 2, waves: 4, change: "to release 1.5.0", reason: "labels are kept" },
};

/** What everything that has a say in rollouts has to do. */
export function gatesContract(name: string, open: () => Promise<GatesUnderTest>): void {
  describe(`gates: ${name}`, () => {
    let under: GatesUnderTest;
    beforeEach(async () => {
      under = await open();
    });
    afterEach(() => under.close());
    const ask = (timeMs = 5_000) => under.gates.ask(under.gate, aQuestion, timeMs);

    it("can be asked", () => expect(under.gates.whyNot(under.gate)).toBeUndefined());

    it.each(["yes", "no", "not-yet"] as const)("say %s, and why", async (says) => {
      under.say(says);
      const answer = await ask();
      expect(answer.says).toBe(says);
      expect(answer.detail).not.toBe("");
      expect(answer.detail.length).toBeLessThanOrEqual(500);
    });

    it.each(["nonsense", "error"] as const)("have decided nothing where they answer %s", async (what) => {
      under.say(what);
      expect((await ask()).says).toBe("not-yet");
    });

    it("are not waited for any longer than was said", async () => {
      under.say("nothing");
      const began = performance.now();
      expect((await ask(300)).says).toBe("not-yet");
      expect(performance.now() - began).toBeLessThan(2_000);
    });

    it("have decided nothing where nobody is there", async () => {
      await under.close();
      expect(await ask(1_500)).toMatchObject({ says: "not-yet", detail: expect.stringMatching(/could not|no answer/) });
    });
  });
}
