import { chmodSync, closeSync, fdatasync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { Refusal } from "#core/errors.ts";
import type { KubeObject } from "#core/model/kube-object.ts";

const flush = promisify(fdatasync);

/** The schema this code reads and writes; a file with a newer one is refused. */
const SCHEMA_VERSION = 1;

const schema = `
  CREATE TABLE objects (key TEXT PRIMARY KEY, object TEXT NOT NULL, applied TEXT) WITHOUT ROWID;
  CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE forwards (name TEXT PRIMARY KEY, namespace TEXT, port INTEGER NOT NULL UNIQUE) WITHOUT ROWID;
  CREATE TABLE processes (
    pod TEXT NOT NULL, container TEXT NOT NULL, pid INTEGER NOT NULL, born TEXT NOT NULL, lifeline TEXT NOT NULL,
    started_at INTEGER NOT NULL, ports TEXT NOT NULL, PRIMARY KEY (pod, container)
  ) WITHOUT ROWID;
`;

/** An object and the fields that the field manager named last; `undefined` when a controller made it. */
export interface StoredObject {
  readonly object: KubeObject;
  readonly applied: KubeObject | undefined;
}

/** A workload process as it must be found again after a restart of the cluster. */
export interface ProcessRecord {
  readonly pod: string;
  readonly container: string;
  readonly pid: number;
  /** When the process was born, as the system tells it: tells it from another one with the same pid. */
  readonly born: string;
  /** Which lifeline it hangs on; one on another lifeline is not ours to keep. */
  readonly lifeline: string;
  readonly startedAt: number;
  readonly ports: Readonly<Record<string, number>>;
}

export interface ForwardRecord {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly port: number;
}

/** Everything the cluster must know after a restart, in one file of its data folder. */
export interface Database {
  objects(): { key: string; stored: StoredObject }[];
  /** The last resource version given out, also to objects that are gone. */
  version(): number;
  /** `durable`: `onDisk` waits for it; else a loss of power may take it, and controllers will write it again. */
  put(key: string, stored: StoredObject, version: number, durable: boolean): void;
  delete(key: string, version: number): void;
  readonly forwards: {
    all(): ForwardRecord[];
    put(forward: ForwardRecord): void;
    delete(name: string): void;
  };
  readonly processes: {
    all(): ProcessRecord[];
    put(process: ProcessRecord): void;
    delete(pod: string, container: string): void;
  };
  /**
   * Resolves once all durable writes before it would survive a loss of power. What was written survives the end of this process at
   * once. Those who wait at the same time share a wait for the disk, and nobody else waits with them.
   */
  onDisk(): Promise<void>;
  close(): void;
}

/** Only one process may have the folder: a second one would end the workloads of the first as left over. */
function claim(db: DatabaseSync, folder: string): void {
  try {
    // Longer than a cluster whose lifeline has ended needs for its workloads.
    db.exec(
      "PRAGMA busy_timeout = 4000; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL",
    );
    db.exec("BEGIN IMMEDIATE; COMMIT");
  } catch (cause) {
    if (!String(cause).includes("locked")) throw cause;
    throw new Refusal("not-possible-now", `Another embedded cluster runs on ${folder}; end it first.`, { cause });
  }
}

/** Opens or creates `cluster.db` under `folder`. Fails with one sentence when it cannot be ours. */
export function openDatabase(folder: string): Database {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const file = join(folder, "cluster.db");
  const db = new DatabaseSync(file);
  chmodSync(file, 0o600);
  claim(db, folder);
  const found = Number(db.prepare("PRAGMA user_version").get()?.user_version ?? 0);
  if (found > SCHEMA_VERSION)
    throw new Refusal(
      "not-possible-now",
      `${file} was written by a newer version (schema ${found}, this one knows ${SCHEMA_VERSION}); start that version.`,
    );
  if (found === 0) db.exec(`BEGIN; ${schema} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT;`);

  const setVersion = db.prepare(
    "INSERT INTO counters VALUES ('version', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
  );
  const putObject = db.prepare(
    "INSERT INTO objects VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET object = excluded.object, applied = excluded.applied",
  );
  const deleteObject = db.prepare("DELETE FROM objects WHERE key = ?");
  const putForward = db.prepare(
    "INSERT INTO forwards VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET namespace = excluded.namespace, port = excluded.port",
  );
  const deleteForward = db.prepare("DELETE FROM forwards WHERE name = ?");
  const putProcess = db.prepare("INSERT OR REPLACE INTO processes VALUES (?, ?, ?, ?, ?, ?, ?)");
  const deleteProcess = db.prepare("DELETE FROM processes WHERE pod = ? AND container = ?");

  const log = openSync(`${file}-wal`, "r");
  let unsynced = false;
  let syncing = Promise.resolve();
  let following: Promise<void> | undefined;

  /** A commit reaches the write-ahead log, which is flushed beside the event loop: SQLite itself would hold up all of it. */
  function sync(): Promise<void> {
    if (following) return following;
    if (!unsynced) return syncing;
    following = syncing
      .catch(() => {})
      .then(() => {
        following = undefined;
        unsynced = false;
        syncing = flush(log);
        return syncing;
      });
    return following;
  }

  function write(durable: boolean, change: () => void): void {
    db.exec("BEGIN IMMEDIATE");
    try {
      change();
      db.exec("COMMIT");
      unsynced ||= durable;
    } catch (error) {
      if (db.isTransaction) db.exec("ROLLBACK");
      throw error;
    }
  }

  return {
    objects: () =>
      db
        .prepare("SELECT key, object, applied FROM objects")
        .all()
        .map(({ key, object, applied }) => ({
          key: String(key),
          stored: {
            object: JSON.parse(String(object)) as KubeObject,
            applied: applied === null ? undefined : (JSON.parse(String(applied)) as KubeObject),
          },
        })),
    version: () => Number(db.prepare("SELECT value FROM counters WHERE name = 'version'").get()?.value ?? 0),
    put: (key, { object, applied }, version, durable) =>
      write(durable, () => {
        putObject.run(key, JSON.stringify(object), applied === undefined ? null : JSON.stringify(applied));
        setVersion.run(version);
      }),
    delete: (key, version) =>
      write(true, () => {
        deleteObject.run(key);
        setVersion.run(version);
      }),
    forwards: {
      all: () =>
        db
          .prepare("SELECT name, namespace, port FROM forwards")
          .all()
          .map(({ name, namespace, port }) => ({
            name: String(name),
            namespace: namespace === null ? undefined : String(namespace),
            port: Number(port),
          })),
      put: ({ name, namespace, port }) => write(true, () => putForward.run(name, namespace ?? null, port)),
      delete: (name) => write(false, () => deleteForward.run(name)),
    },
    processes: {
      all: () =>
        db
          .prepare("SELECT * FROM processes")
          .all()
          .map((row) => ({
            pod: String(row.pod),
            container: String(row.container),
            pid: Number(row.pid),
            born: String(row.born),
            lifeline: String(row.lifeline),
            startedAt: Number(row.started_at),
            ports: JSON.parse(String(row.ports)) as Record<string, number>,
          })),
      put: ({ pod, container, pid, born, lifeline, startedAt, ports }) =>
        write(false, () => putProcess.run(pod, container, pid, born, lifeline, startedAt, JSON.stringify(ports))),
      delete: (pod, container) => write(false, () => deleteProcess.run(pod, container)),
    },
    onDisk: sync,
    close() {
      db.close();
      closeSync(log);
    },
  };
}
