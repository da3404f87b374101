import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findNatsServer, isNewEnough } from "#adapters/nats/find-server.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cellplane-find-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program in `folder/<place>`, as a shell script. */
function program(place: string, name: string, script: string): string {
  mkdirSync(join(folder, place), { recursive: true });
  writeFileSync(join(folder, place, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return join(folder, place, name);
}
const aServer = (place: string, version: string) => program(place, "nats-server", `echo "nats-server: v${version}"`);
/** A `go` that counts its runs, takes its time and leaves a file where GOBIN says. */
const aGo = (place: string, ending = 'echo made > "$GOBIN/nats-server"') =>
  program(place, "go", `echo "$@" >> ${join(folder, "runs")}\nsleep 0.3\n${ending}`);
const runs = () => readFileSync(join(folder, "runs"), "utf8").trim().split("\n");

const find = (path: string, said: string[] = []) =>
  findNatsServer({ path, cacheDir: join(folder, "cache"), onProgress: (line) => said.push(line) });
const places = (...names: string[]) => names.map((name) => join(folder, name)).join(":");

describe("finding nats-server", () => {
  it.each([
    ["2.15.1", false],
    ["2.15.2", true],
    ["2.16.0", true],
    ["3.0.0", true],
    ["2.9.25", false],
    ["1.99.99", false],
  ])("%s is new enough: %s", (version, expected) => {
    expect(isNewEnough(version)).toBe(expected);
  });

  it("takes the first new enough one of PATH", async () => {
    aServer("old", "2.9.10");
    const wanted = aServer("new", "2.15.2");
    expect(await find(places("old", "nothing", "new"))).toBe(wanted);
  });

  it("fetches it once for all who ask at the same time, and says so", async () => {
    aGo("bin");
    const said: string[] = [];
    const found = await Promise.all([1, 2, 3].map(() => find(places("bin"), said)));
    const cached = join(folder, "cache/nats-server/2.15.2/nats-server");
    expect(found).toEqual([cached, cached, cached]);
    expect(runs()).toEqual(["install github.com/nats-io/nats-server/v2@v2.15.2"]);
    expect(said.filter((line) => line.startsWith("Fetching"))).toHaveLength(1);
    expect(await find("")).toBe(cached);
  });

  it("names the choices when there is neither a server nor Go", async () => {
    aServer("old", "2.9.10");
    await expect(find(places("old"))).rejects.toThrow(/2\.15\.2 or newer.*2\.9\.10[\s\S]*PATH[\s\S]*Go/);
  });

  it("leaves nothing behind when the fetch fails, and tells why", async () => {
    aGo("bin", "echo no route to host >&2; exit 1");
    await expect(find(places("bin"))).rejects.toThrow("no route to host");
    expect(readdirSync(join(folder, "cache/nats-server"))).toEqual(["lock"]);
  });
});
