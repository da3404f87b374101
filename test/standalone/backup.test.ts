import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Cell } from "#core/model/cell.ts";
import { NetworkSpec } from "#core/model/network.ts";
import { createNetwork } from "#core/operations/create-network.ts";
import { monitorCell } from "#core/operations/monitor-cell.ts";
import { readNetwork } from "#core/operations/read-network.ts";
import { surveyCell } from "#core/operations/survey-cell.ts";
import { sweep } from "#core/operations/sweep.ts";
import { updateNetwork } from "#core/operations/update-network.ts";
import { restoreBackup } from "../../standalone/backup/restore-backup.ts";
import { takeBackup } from "../../standalone/backup/take-backup.ts";
import { aControlPlane, sqliteIntent, type TestControlPlane } from "../control-plane.ts";

const root = resolve(import.meta.dirname, "../..");

describe("a backup of a control plane that runs", () => {
  let folder: string;
  let data: string;
  let plane: TestControlPlane;
  let cell: Cell;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "cellplane-backup-"));
    data = join(folder, "data");
    mkdirSync(join(data, "keys"), { recursive: true });
    writeFileSync(join(data, "keys", "cell-calls.json"), "the key");
    writeFileSync(join(data, "admin-key"), "the admin key");
    writeFileSync(join(data, "version.json"), '{"format":1}');
    plane = await aControlPlane({ intent: sqliteIntent(join(data, "intent.db")) });
    cell = await plane.addCell();
  });
  afterEach(async () => {
    await plane.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const accept = async (name: string) => {
    const spec = NetworkSpec.parse({ name });
    const created = await createNetwork(plane.deps, plane.caller, { org: "default", spec, idempotencyKey: undefined });
    return created.network.id;
  };
  const create = async (name: string) => {
    const net = await accept(name);
    await done(net);
    return net;
  };
  const done = async (net: string) => {
    await plane.follow();
    const operation = (await plane.store.get("network", net))?.value.operation ?? "";
    expect((await plane.ended(operation)).state).toBe("succeeded");
  };
  const view = (net: string) => readNetwork(plane.deps, plane.caller, net);
  const takeOver = async (from: string) => {
    const { cells } = plane;
    await plane.close();
    const restored = join(folder, "restored");
    const { epoch } = await restoreBackup({ from, data: restored });
    plane = await aControlPlane({ intent: sqliteIntent(join(restored, "intent.db")), cells });
    return { restored, epoch };
  };

  it("that is old loses no network that runs, and undoes nothing that was done since", async () => {
    const kept = await create("kept");
    const patched = await create("patched");
    const underWay = await accept("under-way");
    const to = join(folder, "backup");
    await takeBackup({ data, to });

    await done(underWay);
    await updateNetwork(plane.deps, plane.caller, {
      id: patched,
      ifMatch: "*",
      patch: { plan: "large", name: "renamed" },
    });
    await done(patched);
    const later = await create("later");
    const before = new Map(plane.cells.in(cell.id));
    expect(before.size).toBe(4);

    const { restored, epoch } = await takeOver(to);
    expect(epoch).toBe(2);
    expect(readFileSync(join(restored, "keys", "cell-calls.json"), "utf8")).toBe("the key");
    expect(readFileSync(join(restored, "admin-key"), "utf8")).toBe("the admin key");
    for (const file of ["intent.db", "admin-key", "keys/cell-calls.json"])
      expect(statSync(join(restored, file)).mode & 0o777).toBe(0o600);

    // A start takes up what was in flight; what comes from the backup rests until the cells were asked.
    expect(await sweep(plane.deps, plane.clock.now() + 60_000)).toEqual({ started: 0 });
    await plane.follow();
    await monitorCell(plane.deps, cell.id, 0);
    expect(await surveyCell(plane.deps, cell.id)).toEqual({ restored: 0, removed: 0, adopted: 3, reported: 0 });
    for (const net of [patched, later]) await done(net);
    await monitorCell(plane.deps, cell.id, 0);
    plane.clock.advance(4 * 60_000);
    await plane.report(cell.id);
    expect(await sweep(plane.deps)).toEqual({ started: 1 });
    await done(underWay);
    await monitorCell(plane.deps, cell.id, 0);
    expect(await surveyCell(plane.deps, cell.id)).toEqual({ restored: 0, removed: 0, adopted: 0, reported: 0 });

    expect([...plane.cells.in(cell.id).keys()].sort()).toEqual([...before.keys()].sort());
    for (const net of [kept, patched, underWay, later])
      expect(await view(net)).toMatchObject({ placement: { cell: cell.id }, status: { phase: "ready" } });
    expect(await view(patched)).toMatchObject({ name: "renamed", plan: "large", generation: 3 });
    expect(await view(later)).toMatchObject({ name: "later", generation: 2 });
    for (const net of [patched, underWay, later]) expect(plane.cells.in(cell.id).get(net)).toMatchObject({ epoch: 2 });
  });

  it("is there whole, for its owner alone, and never over another", async () => {
    await create("one");
    const to = join(folder, "backup");
    await takeBackup({ data, to });
    expect(existsSync(`${to}.partial`)).toBe(false);
    expect([statSync(to).mode & 0o777, statSync(join(to, "intent.db")).mode & 0o777]).toEqual([0o700, 0o600]);
    await expect(takeBackup({ data, to })).rejects.toThrow(/is not empty/);
    await expect(takeBackup({ data: folder, to: join(folder, "other") })).rejects.toThrow(/has no intent store/);
  });

  it("is restored only where nothing is overwritten, and only when it is whole", async () => {
    const to = join(folder, "backup");
    await takeBackup({ data, to });
    await expect(restoreBackup({ from: to, data })).rejects.toThrow(/has an intent store/);
    await expect(restoreBackup({ from: join(folder, "none"), data: join(folder, "r") })).rejects.toThrow(/no backup/);
    writeFileSync(join(to, "intent.db"), "this is no database, however long it may be ".repeat(100));
    const target = join(folder, "broken");
    await expect(restoreBackup({ from: to, data: target })).rejects.toThrow(/is broken/);
    expect(existsSync(join(target, "intent.db"))).toBe(false);
    writeFileSync(join(to, "version.json"), '{"format":99}');
    await expect(restoreBackup({ from: to, data: target })).rejects.toThrow(/newer cellplane/);
  });

  it("is taken and restored from the command line", async () => {
    await create("one");
    const to = join(folder, "backup");
    const program = (name: string) => [join(root, "standalone", name)];
    execFileSync(process.execPath, [...program("backup.ts"), "--to", to, "--data", data], { stdio: "pipe" });
    const target = join(folder, "target");
    const said = execFileSync(process.execPath, [...program("restore.ts"), "--from", to, "--data", target]).toString();
    expect(said).toContain("at epoch 2");
    const again = spawnSync(process.execPath, [...program("restore.ts"), "--from", to, "--data", target]);
    expect([again.status, again.stderr.toString()]).toEqual([1, expect.stringMatching(/has an intent store.*\n$/)]);
    expect(spawnSync(process.execPath, program("backup.ts")).status).toBe(2);
  });
});
