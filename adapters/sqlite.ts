import { chmodSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { Refusal } from "#core/errors.ts";
import {
  type AnyRecord,
  idOfRecord,
  indexEntriesOf,
  isSignal,
  type RecordKind,
  type RecordOf,
  recordKinds,
} from "#core/model/records.ts";
import type { Change, ChangedRecord, Listed, Store, Versioned } from "#core/ports.ts";
import { refuseBeyondLimits } from "./commit-limits.ts";
import { groupCommit } from "./sqlite/group-commit.ts";

/** The schema this code reads and writes; a file with a newer one is refused, an older one is migrated. */
const SCHEMA_VERSION = 2;

/** Reads block the whole process: after so many (some 5 ms) whoever else waits has a turn. */
const READ_AT_ONCE = 100;

const schema = `
  CREATE TABLE records (
    kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (kind, id)
  ) WITHOUT ROWID;
  CREATE TABLE entries (
    name TEXT NOT NULL, partition TEXT NOT NULL, sort TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    PRIMARY KEY (name, partition, sort)
  ) WITHOUT ROWID;
  CREATE INDEX entries_of_record ON entries (kind, id);
  CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL);
`;

/** What brings a file from the schema before to each one. */
const migrations: Readonly<Record<number, string>> = {
  1: schema,
  2: "CREATE TABLE parked (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, why TEXT NOT NULL);",
};

/** Changes in the order they were committed, until somebody says they are dealt with. Survives a crash in between. */
export interface Outbox {
  read(limit: number): (ChangedRecord & { readonly seq: number })[];
  done(seqs: readonly number[]): void;
  /** Sets one aside that its consumer cannot deal with, so that it blocks no other. */
  park(seq: number, why: string): void;
  /** What is set aside, oldest first. */
  parked(limit: number): (ChangedRecord & { readonly seq: number; readonly why: string })[];
  /** Puts all that is set aside in line again: for a program that may know better. */
  unpark(): void;
  /** Calls `wake` after each commit that left something here. */
  onChange(wake: () => void): void;
}

export interface SqliteStore extends Store {
  readonly outbox: Outbox;
  close(): void;
}

/**
 * The intent store in one file (or ":memory:"), for one process. WAL, and every commit is on disk before it returns.
 * A newer file, or one that is not ours, is refused with a sentence.
 */
export function sqliteStore(file: string): SqliteStore {
  const db = new DatabaseSync(file);
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 200;");
  migrate(db, file);
  if (file !== ":memory:") chmodSync(file, 0o600);

  const statements = new Map<string, StatementSync>();
  const sql = (text: string): StatementSync => {
    const known = statements.get(text) ?? db.prepare(text);
    statements.set(text, known);
    return known;
  };
  const together = groupCommit(db);
  const wakes: (() => void)[] = [];

  const versionOf = (kind: RecordKind, id: string): number =>
    Number(sql("SELECT version FROM records WHERE kind = ? AND id = ?").get(kind, id)?.version ?? 0);

  function expectVersion(kind: RecordKind, id: string, was: number, change: number): void {
    const version = versionOf(kind, id);
    if (version !== was)
      throw new Refusal("conflict", `The ${kind} ${id} was changed at the same time; read it again and repeat.`, {
        extra: { change },
      });
  }

  function put(record: AnyRecord, was: number): boolean {
    const id = idOfRecord(record);
    sql(
      "INSERT INTO records VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET version = excluded.version, value = excluded.value",
    ).run(record.kind, id, was + 1, JSON.stringify(record.value));
    if (was > 0) sql("DELETE FROM entries WHERE kind = ? AND id = ?").run(record.kind, id);
    for (const { index, partition, sort } of indexEntriesOf(record))
      sql("INSERT INTO entries VALUES (?, ?, ?, ?, ?)").run(index, partition, sort, record.kind, id);
    if (!isSignal(record)) return false;
    sql("INSERT INTO outbox (kind, id) VALUES (?, ?)").run(record.kind, id);
    return true;
  }

  function make(change: Change, index: number): boolean {
    switch (change.write) {
      case "put":
        expectVersion(change.kind, idOfRecord(change), change.was, index);
        return put(change, change.was);
      case "remove":
        expectVersion(change.kind, change.id, change.was, index);
        sql("DELETE FROM records WHERE kind = ? AND id = ?").run(change.kind, change.id);
        sql("DELETE FROM entries WHERE kind = ? AND id = ?").run(change.kind, change.id);
        return false;
      case "check":
        expectVersion(change.kind, change.id, change.was, index);
        return false;
      case "count": {
        const sum = count(change.counter) + change.by;
        if (sum < 0 || (change.atMost !== undefined && sum > change.atMost))
          throw new Refusal("conflict", `${change.counter} is at its limit.`, { extra: { change: index } });
        sql("INSERT INTO counters VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value").run(
          change.counter,
          sum,
        );
        return false;
      }
    }
  }

  /** All of it or nothing. */
  function atOnce(act: () => void): void {
    try {
      db.exec("BEGIN IMMEDIATE");
      act();
      db.exec("COMMIT");
    } catch (error) {
      if (db.isTransaction) db.exec("ROLLBACK");
      throw translated(error);
    }
  }

  const count = (counter: string): number =>
    Number(sql("SELECT value FROM counters WHERE name = ?").get(counter)?.value ?? 0);

  function read<K extends RecordKind>(kind: K, id: string): Versioned<RecordOf<K>> | undefined {
    const row = sql("SELECT version, value FROM records WHERE kind = ? AND id = ?").get(kind, id);
    if (!row) return undefined;
    return {
      value: recordKinds[kind].schema.parse(JSON.parse(String(row.value))) as RecordOf<K>,
      version: Number(row.version),
    };
  }

  return {
    async commit(changes) {
      refuseBeyondLimits(changes);
      let signalled = false;
      try {
        await together(() =>
          changes.forEach((change, index) => {
            signalled = make(change, index) || signalled;
          }),
        );
      } catch (error) {
        throw translated(error);
      }
      if (signalled) for (const wake of wakes) wake();
    },
    async get(kind, id) {
      return read(kind, id);
    },
    async getMany(kind, ids) {
      const found = [];
      for (let at = 0; at < ids.length; at += READ_AT_ONCE) {
        if (at > 0) await new Promise((othersHadTheirTurn) => setImmediate(othersHadTheirTurn));
        for (const id of ids.slice(at, at + READ_AT_ONCE)) found.push(read(kind, id));
      }
      return found.filter((record) => record !== undefined);
    },
    async list(index, partition, { after, limit, descending = false }) {
      const beyond = after === undefined ? "" : descending ? "AND sort < ?" : "AND sort > ?";
      const rows = sql(
        `SELECT id, sort FROM entries WHERE name = ? AND partition = ? ${beyond} ORDER BY sort ${descending ? "DESC" : "ASC"} LIMIT ?`,
      ).all(index, partition, ...(after === undefined ? [] : [after]), limit);
      return rows.map((row): Listed => ({ id: String(row.id), sort: String(row.sort) }));
    },
    async countOf(counter) {
      return count(counter);
    },
    outbox: {
      read: (limit) =>
        sql("SELECT seq, kind, id FROM outbox ORDER BY seq LIMIT ?")
          .all(limit)
          .map((row) => ({ seq: Number(row.seq), kind: row.kind as RecordKind, id: String(row.id) })),
      done(seqs) {
        for (const seq of seqs) sql("DELETE FROM outbox WHERE seq = ?").run(seq);
      },
      park(seq, why) {
        atOnce(() => {
          sql("INSERT OR REPLACE INTO parked SELECT seq, kind, id, ? FROM outbox WHERE seq = ?").run(why, seq);
          sql("DELETE FROM outbox WHERE seq = ?").run(seq);
        });
      },
      parked: (limit) =>
        sql("SELECT seq, kind, id, why FROM parked ORDER BY seq LIMIT ?")
          .all(limit)
          .map((row) => ({
            ...{ seq: Number(row.seq), kind: row.kind as RecordKind },
            ...{ id: String(row.id), why: String(row.why) },
          })),
      unpark() {
        atOnce(() => {
          sql("INSERT INTO outbox (kind, id) SELECT kind, id FROM parked ORDER BY seq").run();
          sql("DELETE FROM parked").run();
        });
      },
      onChange: (wake) => void wakes.push(wake),
    },
    close: () => db.close(),
  };
}

function migrate(db: DatabaseSync, file: string): void {
  const version = Number(db.prepare("PRAGMA user_version").get()?.user_version ?? 0);
  if (version > SCHEMA_VERSION)
    throw new Refusal(
      "not-possible-now",
      `${file} was written by a newer version of cellplane (schema ${version}, this one knows ${SCHEMA_VERSION}). Use that version, or another data directory.`,
    );
  for (let next = version + 1; next <= SCHEMA_VERSION; next++)
    db.exec(`BEGIN; ${migrations[next]} PRAGMA user_version = ${next}; COMMIT;`);
}

/** SQLite's result codes that go away by themselves or by an operator's hand: busy, locked, I/O, full, cannot open. */
const passing = new Set([5, 6, 10, 13, 14]);

function translated(error: unknown): unknown {
  const code = (error as { errcode?: number }).errcode;
  if (error instanceof Refusal || code === undefined || !passing.has(code & 0xff)) return error;
  return new Refusal("unavailable", "The intent store cannot write at the moment; nothing was changed. Try again.", {
    cause: error,
    retryAfterSeconds: 1,
  });
}
