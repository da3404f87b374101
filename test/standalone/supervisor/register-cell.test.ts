import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiClient, apiClient } from "#adapters/http.ts";
import { cellsOf, joinTokenFile, registerCell } from "../../../standalone/supervisor/register-cell.ts";

let data: string;
let plane: ChildProcess;
let api: ApiClient;

/** A control plane as a process, and nothing else: no cell ever joins. */
beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), "cellplane-register-"));
  plane = spawn("node", ["standalone/control-plane.ts"], {
    env: { ...process.env, CELLPLANE_DATA: data, PORT: "0", LISTEN_HOST: "127.0.0.1" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const line = await new Promise<string>((resolve) => plane.stdout?.once("data", (text) => resolve(String(text))));
  const { listening } = JSON.parse(line) as { listening: string };
  api = apiClient({ url: listening, bearer: readFileSync(join(data, "admin-key"), "utf8").trim() });
});

afterAll(async () => {
  api.close();
  const ended = new Promise((resolve) => plane.once("exit", resolve));
  plane.stdin?.end();
  await ended;
  rmSync(data, { recursive: true, force: true });
});

function aCell(name: string) {
  const folder = join(data, "cells", name);
  mkdirSync(folder, { recursive: true });
  return { name, folder };
}

describe("registering a cell", () => {
  it("leaves its join token for the agent, and is repeated without harm", async () => {
    const cell = aCell("cell-1");
    const id = await registerCell(api, cell);
    const token = readFileSync(joinTokenFile(cell.folder), "utf8");
    expect(token).toMatch(/^cpj_\S+\n$/);
    expect(statSync(joinTokenFile(cell.folder)).mode & 0o777).toBe(0o600);

    expect(await registerCell(api, cell)).toBe(id);
    expect(readFileSync(joinTokenFile(cell.folder), "utf8")).toBe(token);
    expect((await cellsOf(api)).filter(({ name }) => name === "cell-1")).toMatchObject([
      { id, region: "local", url: null },
    ]);
  });

  it("heals when the token was lost between the answer and the disk", async () => {
    const cell = aCell("cell-2");
    const lost = await registerCell(api, cell);
    const before = readFileSync(joinTokenFile(cell.folder), "utf8");
    rmSync(joinTokenFile(cell.folder));

    const id = await registerCell(api, cell);
    expect(id).not.toBe(lost);
    expect(existsSync(joinTokenFile(cell.folder))).toBe(true);
    expect(readFileSync(joinTokenFile(cell.folder), "utf8")).not.toBe(before);
    expect((await cellsOf(api)).filter(({ name }) => name === "cell-2").map((one) => one.id)).toEqual([id]);
  });
});
