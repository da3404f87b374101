import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { planOf, type Step, warningOf } from "../../scripts/smoke/plan.ts";
import { takeSteps } from "../../scripts/smoke/run.ts";

const trial = {
  region: "eu-central-1",
  domain: "cells.example.com",
  zone: "Z0123456789ABC",
  images: "registry.example.com/cellplane",
  certificates: "operators@example.com",
};
const given = Object.entries(trial).flatMap(([name, value]) => [`--${name}`, value]);
/** The script without anything of this environment: neither keys nor a PATH to run anything by. */
const smoke = (...args: string[]) =>
  spawnSync(process.execPath, [resolve(import.meta.dirname, "../../scripts/smoke.ts"), ...args], {
    encoding: "utf8",
    env: {},
  });
/** Takes the steps with hands whose commands fail where it is said. */
async function taken(failing: (step: Step) => boolean) {
  const steps = planOf(trial);
  const done: string[] = [];
  const said: string[] = [];
  const run = async (command: Step["command"]) => {
    const step = steps.find((each) => each.command === command);
    done.push(step?.what ?? "");
    // What must say something is invoked well and fails by what it says.
    if (step && failing(step)) return step.says ? { code: 0, output: "Unhandled\n" } : { code: 1, output: "" };
    return { code: 0, output: `${step?.says ?? "anything"}\n` };
  };
  const well = await takeSteps(steps, { run, say: (line) => void said.push(line) });
  return { well, done, said: said.join("\n") };
}

describe("the trial in a real account", () => {
  it("says what it costs before anything else, in dollars", () => {
    expect(warningOf(trial)).toMatch(/about \$\d\.\d\d at list prices/);
    expect(smoke(...given, "--dry-run").stdout.split("\n")[0]).toBe(warningOf(trial));
  });

  it("does nothing unless it is told to", () => {
    const { status, stderr } = smoke(...given);
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^Nothing was done. Say --yes/)]);
  });

  it("names what is missing, and an option that it does not know", () => {
    expect(smoke("--region", "eu-central-1").stderr).toMatch(/^--domain, --zone, --images, --certificates missing/);
    expect(smoke(...given, "--force").stderr).toMatch(/'--force'/);
  });

  it("fails where nothing can be run, instead of going on", () => {
    const { status, stderr } = smoke(...given, "--yes");
    expect(status).toBe(1);
    expect(stderr).toMatch(/aws cannot be run/);
  });

  it("takes every step in order when all goes well", async () => {
    const { well, done } = await taken(() => false);
    expect([well, done]).toEqual([true, planOf(trial).map(({ what }) => what)]);
  });

  it.each(["Deploy a cell", "Create and delete a network as a customer does"])(
    "takes away all that costs money although this failed: %s",
    async (what) => {
      const { well, done } = await taken((step) => step.what === what);
      expect(well).toBe(false);
      expect(done).toEqual(
        expect.arrayContaining(["Destroy the cell", "Destroy the control plane", "Remove the table"]),
      );
    },
  );

  it("says so when something could not be destroyed", async () => {
    const { well, said } = await taken((step) => step.what === "Destroy the cell");
    expect([well, said]).toEqual([false, expect.stringMatching(/goes on costing money/)]);
  });
});
