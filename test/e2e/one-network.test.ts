import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { acceptance } from "../contracts/acceptance.ts";
import { aFolder, processesOf, removeFolder, type Standalone, startStandalone } from "./standalone.ts";

/** What every control plane is accepted by, of `npm start`; and what only that promises. */
describe("one network on one machine", () => {
  const folder = aFolder();
  const data = join(folder, "data");
  let plane: Standalone;

  beforeAll(async () => {
    plane = await startStandalone(data);
  }, 120_000);
  afterAll(async () => {
    await plane?.stop();
    removeFolder(folder);
  });

  it("keeps its keys to itself", () => {
    for (const file of ["admin-key", "intent.db", "keys/cell-calls.json", "keys/network-tokens.json"])
      expect([file, statSync(join(data, file)).mode & 0o777]).toEqual([file, 0o600]);
    expect(statSync(data).mode & 0o777).toBe(0o700);
  });

  acceptance(() => ({
    ...plane,
    // Executions live in the control plane: who is killed takes what runs along.
    async unheard(act) {
      const before = plane.endpoints().controlPlane.pid;
      const done = await act();
      process.kill(before, "SIGKILL");
      await expect.poll(() => plane.endpoints().controlPlane.pid, { timeout: 60_000 }).not.toBe(before);
      return done;
    },
  }));

  it("ends within 5 s, with all that it started", async () => {
    const asked = performance.now();
    expect(await plane.stop()).toBe(0);
    expect(performance.now() - asked).toBeLessThan(5_000);
    await expect.poll(() => processesOf(data)).toEqual([]);
  });

  it("wrote no secret into any log", () => {
    const logs = logsIn(data);
    expect(logs.length).toBeGreaterThan(0);
    expect(logs).not.toContain(plane.key);
    expect(logs).not.toMatch(
      /cpt1_[A-Za-z0-9_-]{20}|cpj_[A-Za-z0-9_-]{20}|\bS[UOA][A-Z2-7]{50}|BEGIN (EC |)PRIVATE|eyJ[A-Za-z0-9_-]{20,}\.eyJ/,
    );
  });
});

/** Everything that any process wrote as a log. */
const logsIn = (folder: string): string =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => /(^|\/)logs?(\/|$)|\.log$/.test(file) && statSync(join(folder, file)).isFile())
    .map((file) => readFileSync(join(folder, file), "utf8"))
    .join("\n");
