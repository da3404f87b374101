import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

const program = join(import.meta.dirname, "../../../scripts/simulate.ts");

const run = (spec: unknown, ...args: string[]) =>
  spawnSync(process.execPath, [program, "-", ...args], { input: JSON.stringify(spec), encoding: "utf8" });

const change = { release: "1.5.0" };

it("prints the timeline of a rollout that succeeds, and exits with 0", () => {
  const { status, stdout } = run({ change }, "--fleet", "30");
  expect(stdout).toMatch(/^ +after +wave +state +done +flying +failed +rest +what\n/);
  expect(stdout).toContain("succeeded after");
  expect(status).toBe(0);
});

it("exits with 1 where it does not succeed, and tells machines why", () => {
  const { status, stdout } = run({ change, onFailure: "rollback" }, "--failures", "100%", "--json");
  expect(JSON.parse(stdout)).toMatchObject({ summary: { state: "rolled-back", failures: [{ code: "unhealthy" }] } });
  expect(status).toBe(1);
});

it.each([
  [{ change, waves: [{ percent: 50 }] }, [], 1, "waves.0.percent: must be 100 in the last wave"],
  [{ change, selector: { regions: ["nowhere"] } }, [], 1, "selector: takes no network"],
  [{ change }, ["--fleet", "many"], 2, "--fleet must be a whole number"],
  [{ change }, ["--speed", "11"], 2, "--speed"],
])("refuses %j %j with %i", (spec, args, code, sentence) => {
  const { status, stderr } = run(spec, ...args);
  expect(stderr).toContain(sentence);
  expect(status).toBe(code);
});

it("helps", () => {
  const { status, stdout } = run({}, "--help");
  expect(stdout).toContain("exit codes: 0 it succeeds");
  expect(status).toBe(0);
});
