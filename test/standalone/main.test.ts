import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "cellplane-start-"));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

const start = (...args: string[]) =>
  spawnSync("node", ["standalone/main.ts", "--data", data, ...args], { encoding: "utf8" });

describe("npm start", () => {
  it("explains itself", () => {
    expect(start("--help")).toMatchObject({ status: 0, stderr: "", stdout: expect.stringContaining("--cells N") });
  });

  it("refuses what it does not know, and touches nothing", () => {
    expect(start("--prot", "1")).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining("--prot") });
    expect(readdirSync(data)).toEqual([]);
  });

  it.each([
    ["--port", (port: string) => ["--port", port]],
    ["--sfn-port", (port: string) => ["--port", "0", "--sfn-port", port]],
  ])("ends with one clear line when the port of %s is taken", async (option, args) => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    expect(start(...args(String(port)))).toMatchObject({
      status: 1,
      stdout: "",
      stderr: `Port ${port} on 127.0.0.1 is taken by another program. End that one, or choose another with ${option}.\n`,
    });
    await new Promise((resolve) => other.close(resolve));
  });

  it.each([
    ["of a newer version", () => writeFileSync(join(data, "version.json"), '{"format":99}'), /^.*newer cellplane.*\n$/],
    ["that is a file", () => writeFileSync(join(data, "sub"), ""), /^.*sub is no directory.*\n$/],
  ])("ends with one clear line when the data directory is one %s", (_name, prepare, line) => {
    prepare();
    const path = readdirSync(data).includes("sub") ? ["--data", join(data, "sub")] : [];
    expect(start(...path)).toMatchObject({ status: 1, stdout: "", stderr: expect.stringMatching(line) });
  });
});
