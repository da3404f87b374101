import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aFolder, aNetwork, removeFolder, runBin, type Standalone, startStandalone } from "./standalone.ts";

const bin = resolve(import.meta.dirname, "../../bin/cellplane.js");

/** An operator rolls out by the command line alone: real processes, and the doors that everybody has. */
describe("rolling out by the command line", () => {
  const folder = aFolder();
  const data = join(folder, "data");
  let plane: Standalone;
  let watcher: ChildProcess | undefined;

  const environment = { CELLPLANE_DATA: data };
  const cellplane = (...args: string[]) => runBin("cellplane", args, environment);
  const done = (...args: string[]): string => {
    const { status, stdout, stderr } = cellplane(...args);
    expect([args.join(" "), status, stderr]).toEqual([args.join(" "), 0, stderr]);
    return stdout;
  };
  const create = (...flags: string[]) =>
    done("rollouts", "create", "--min-healthy-for", "1s", "--reason", "test", "-o", "name", ...flags).trim();

  /** `rollouts watch` beside us, and what it has said so far. */
  function watch(id: string) {
    const child = spawn("node", [bin, "rollouts", "watch", id], {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    watcher = child;
    let [out, err] = ["", ""];
    child.stdout.on("data", (text) => {
      out += text;
    });
    child.stderr.on("data", (text) => {
      err += text;
    });
    const ended = new Promise<number | null>((end) => child.once("exit", (code) => end(code)));
    return { child, ended, out: () => out, err: () => err };
  }

  beforeAll(async () => {
    plane = await startStandalone(data, "--cells", "1");
    await Promise.all([aNetwork(plane, "factory-1"), aNetwork(plane, "factory-2")]);
    writeFileSync(join(folder, "0.2.0.yaml"), 'version: 0.2.0\nupgradesFrom: ["0.1.x"]\ndowngradesTo: ["0.1.x"]\n');
    done("releases", "publish", join(folder, "0.2.0.yaml"));
  }, 180_000);
  afterAll(async () => {
    watcher?.kill("SIGKILL");
    await plane?.stop();
    removeFolder(folder);
  });

  it("pauses, resumes, and succeeds under the eyes of who watches, one line for each change", async () => {
    const id = create("--release", "0.2.0", "--waves", "1,100%", "--bake", "1s", "--gate-before", "2");
    const seen = watch(id);
    await expect.poll(() => seen.out(), { timeout: 60_000 }).toMatch(/wave 2 of 2 .*waits to be approved/);
    expect(done("rollouts", "pause", id, "--reason", "lunch")).toBe(`${id} is paused.\n`);
    await expect.poll(() => seen.out(), { timeout: 60_000 }).toMatch(/paused .*lunch/);
    expect(JSON.parse(done("rollouts", "get", id, "-o", "json")).paused).toMatchObject({ reason: "lunch" });
    expect(done("networks", "list", "--release", "0.2.0", "-o", "name").trim().split("\n")).toHaveLength(1);
    expect(cellplane("rollouts", "retry-failed", id)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`\`cellplane rollouts resume ${id}\``),
    });
    done("rollouts", "resume", id);
    done("rollouts", "approve", id, "--gate", "1", "--reason", "seen");
    expect(await seen.ended).toBe(0);
    expect(seen.out()).toMatch(/ended as succeeded after .*: 2 targets, 2 done\.\nOne change took /);
    const lines = seen.out().split("\n");
    const changes = lines.slice(0, lines.indexOf("")).map((line) => line.replace(/^\S+ +/, ""));
    expect(changes.filter((line, at) => line === changes[at - 1])).toEqual([]);
    expect(done("networks", "list", "--release", "0.2.0", "-o", "name").trim().split("\n")).toHaveLength(2);
  }, 180_000);

  it("goes on when who watches leaves, and tells the others when it is aborted", async () => {
    const id = create("--release", "0.1.0", "--gate-before", "1");
    const [left, stayed] = [watch(id), watch(id)];
    await expect.poll(() => left.out() && stayed.out(), { timeout: 30_000 }).toMatch(/waits to be approved/);
    left.child.kill("SIGINT");
    expect(await left.ended).toBe(130);
    expect(left.err()).toContain(`The rollout ${id} goes on.`);
    expect(JSON.parse(done("rollouts", "get", id, "-o", "json")).state).toBe("running");
    done("rollouts", "abort", id, "--reason", "not today");
    expect(await stayed.ended).toBe(1);
    expect(stayed.out()).toMatch(/ended as aborted .*2 targets.*\nWhy: not today/);
    expect(done("networks", "list", "--release", "0.2.0", "-o", "name").trim().split("\n")).toHaveLength(2);
  }, 120_000);

  it("survives a control plane that is killed meanwhile", async () => {
    const id = create("--release", "0.1.0", "--gate-before", "1");
    const seen = watch(id);
    await expect.poll(() => seen.out(), { timeout: 30_000 }).toMatch(/waits to be approved/);
    process.kill(plane.endpoints().controlPlane.pid, "SIGKILL");
    await expect
      .poll(() => cellplane("rollouts", "abort", id, "--reason", "enough").status, {
        timeout: 60_000,
        interval: 500,
      })
      .toBe(0);
    expect(await seen.ended).toBe(1);
    expect(seen.out()).toMatch(/ended as aborted/);
  }, 120_000);
});
