import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sqliteStore } from "#adapters/sqlite.ts";
import { anOperation } from "../builders.ts";
import { storeContract } from "../contracts/store.ts";

storeContract("SQLite", async () => {
  const store = sqliteStore(":memory:");
  return { store, close: () => store.close() };
});

describe("the intent store in a file", () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cellplane-"));
    file = join(folder, "intent.db");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is there again after it was opened anew, with what nobody has followed yet", async () => {
    const operation = anOperation();
    const before = sqliteStore(file);
    await before.commit([{ write: "put", was: 0, kind: "operation", value: operation }]);
    before.close();

    const after = sqliteStore(file);
    expect((await after.get("operation", operation.id))?.value).toEqual(operation);
    const [change] = after.outbox.read(10);
    expect(change).toMatchObject({ kind: "operation", id: operation.id });
    after.outbox.done([change?.seq ?? 0]);
    expect(after.outbox.read(10)).toEqual([]);
    after.close();
  });

  it("puts into the outbox only what starts work, and nothing of a refused commit", async () => {
    const store = sqliteStore(file);
    const begun = anOperation({ state: "running", step: "PlaceNetwork" });
    await store.commit([{ write: "put", was: 0, kind: "operation", value: begun }]);
    await expect(
      store.commit([
        { write: "put", was: 0, kind: "operation", value: anOperation() },
        { write: "put", was: 0, kind: "operation", value: begun },
      ]),
    ).rejects.toThrow();
    expect(store.outbox.read(10)).toEqual([]);
    store.close();
  });

  it("can be read by its owner alone", () => {
    sqliteStore(file).close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("refuses a file of a newer version with a sentence", () => {
    const newer = new DatabaseSync(file);
    newer.exec("PRAGMA user_version = 99");
    newer.close();
    expect(() => sqliteStore(file)).toThrow(/newer version of cellplane \(schema 99/);
  });

  it("says that it cannot write while another process holds it, and works again after", async () => {
    const store = sqliteStore(file);
    const other = new DatabaseSync(file);
    other.exec("BEGIN EXCLUSIVE");
    await expect(store.commit([{ write: "count", counter: "n", by: 1 }])).rejects.toMatchObject({
      kind: "unavailable",
    });
    other.exec("ROLLBACK");
    other.close();
    await store.commit([{ write: "count", counter: "n", by: 1 }]);
    expect(await store.countOf("n")).toBe(1);
    store.close();
  });
});
