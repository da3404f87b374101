import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { regionalStore } from "#adapters/home-store.ts";
import { type SqliteStore, sqliteStore } from "#adapters/sqlite.ts";
import { takeHome } from "#core/operations/take-home.ts";
import type { Change } from "#core/ports.ts";

describe("the store of one region of a fleet", () => {
  let folder: string;
  let shared: SqliteStore;
  let now = 0;
  let number = 0;
  const clock = { now: () => now };
  const claim = (): Change => ({ write: "put", was: 0, kind: "claim", value: { id: `claim-${number++}`, owner: "x" } });
  const regionOf = (name: string) => regionalStore(shared, name, clock);
  const take = (region: string, epoch: number) => takeHome({ store: shared, log: () => {} }, { region, epoch });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cellplane-home-"));
    shared = sqliteStore(join(folder, "intent.db"));
  });
  afterEach(() => {
    shared.close();
    rmSync(folder, { recursive: true });
  });

  it("writes where the fleet names no home: it is alone", async () => {
    const { store, isHome } = regionOf("here");
    expect(await isHome()).toBe(true);
    await store.commit([claim()]);
  });

  it("only reads where another region is the home", async () => {
    await take("there", 1);
    const { store, isHome } = regionOf("here");
    expect(await isHome()).toBe(false);
    await expect(store.commit([claim()])).rejects.toMatchObject({ kind: "unavailable" });
    expect((await store.get("fleet", "fleet"))?.value).toEqual({ id: "fleet", epoch: 2, home: "there" });
    await regionOf("there").store.commit([claim()]);
  });

  it("stops writing within 5 s of a fail-over", async () => {
    await take("here", 1);
    const { store } = regionOf("here");
    await store.commit([claim()]);
    await take("there", 2);
    now += 5_000;
    await expect(store.commit([claim()])).rejects.toMatchObject({ kind: "unavailable" });
  });

  it("is taken over by who knows the epoch alone, once, and a repeat changes nothing", async () => {
    expect(await take("here", 1)).toEqual({ epoch: 2, home: "here" });
    expect(await take("here", 1)).toEqual({ epoch: 2, home: "here" });
    await expect(take("there", 1)).rejects.toMatchObject({ kind: "conflict" });
    const both = await Promise.allSettled([take("there", 2), take("elsewhere", 2)]);
    expect(both.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect((await shared.get("fleet", "fleet"))?.value.epoch).toBe(3);
  });
});
