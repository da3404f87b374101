import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Child, keepRunning } from "../../../standalone/supervisor/child.ts";
import { openLifeline } from "../../../standalone/supervisor/lifeline.ts";
import { openLogFile } from "../../../standalone/supervisor/log-file.ts";

let root: string;
let children: Child[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cellplane-child-"));
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill();
  await expect.poll(() => children.filter(({ pid }) => pid !== undefined && isAlive(pid))).toEqual([]);
  rmSync(root, { recursive: true, force: true });
});

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

function run(script: string, stdin: number | "pipe" = "pipe") {
  const ends: string[] = [];
  const child = keepRunning({
    name: "the program",
    command: ["/bin/sh", "-c", script],
    environment: { PATH: process.env.PATH ?? "", GREETING: "hello" },
    stdin,
    log: openLogFile(join(root, "log")),
    isUp: (line) => line === "up",
    onStart: () => {},
    onEnd: (how) => ends.push(how),
  });
  children.push(child);
  return { child, ends };
}

describe("a process that is kept running", () => {
  it("is up when it says so; what it writes goes to its log", async () => {
    const { child } = run("echo $GREETING; echo complaint >&2; echo up; exec sleep 60");
    await child.up;
    const log = () => readFileSync(join(root, "log"), "utf8");
    await expect.poll(log).toContain("hello\n");
    await expect.poll(log).toContain("complaint\n");
    await child.stop();
    expect(child.pid).toBeUndefined();
  });

  it("is started anew within 200 ms when it is killed", async () => {
    const { child, ends } = run("echo up; exec sleep 60");
    await child.up;
    const first = child.pid ?? 0;
    process.kill(first, "SIGKILL");
    await expect.poll(() => ends, { interval: 5 }).toEqual(["signal SIGKILL"]);
    const killedAt = performance.now();
    await expect.poll(() => child.pid ?? first, { interval: 5 }).not.toBe(first);
    expect(performance.now() - killedAt).toBeLessThan(1_000);
  });

  it("that never comes up is given up, with its last words", async () => {
    const { child, ends } = run("echo working >&2; echo 'The disk is full.' >&2; exit 1");
    await expect(child.up).rejects.toThrow("The disk is full.");
    expect(ends).toEqual(["exit code 1", "exit code 1"]);
    await child.stop();
  });

  it("that cannot even be started is given up too", async () => {
    const child = keepRunning({
      name: "the program",
      command: [join(root, "nowhere")],
      environment: {},
      stdin: "pipe",
      log: openLogFile(join(root, "log")),
      isUp: () => false,
      onStart: () => {},
      onEnd: () => {},
    });
    await expect(child.up).rejects.toThrow(/the program does not start: .*ENOENT/);
  });
});

describe("the lifeline", () => {
  it("holds over a restart of who reads it, and ends for all at once", async () => {
    const lifeline = openLifeline(root);
    const { child } = run("echo up; while read -r _; do :; done; sleep 0.05; exit 0", lifeline.readEnd);
    await child.up;
    const first = child.pid ?? 0;
    process.kill(first, "SIGKILL");
    await expect.poll(() => child.pid ?? first).not.toBe(first);
    const second = child.pid ?? 0;
    expect(isAlive(second)).toBe(true);
    lifeline.close();
    await expect.poll(() => isAlive(second)).toBe(false);
  });
});
