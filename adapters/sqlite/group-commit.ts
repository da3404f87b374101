import type { DatabaseSync } from "node:sqlite";

/** A commit that waits for its turn. */
interface Waiting {
  readonly act: () => void;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Commits that come within one turn of the event loop are written together, each all or nothing by itself: one wait for the disk
 * instead of one each. In a burst of creates that wait is most of an answer's time.
 */
export function groupCommit(db: DatabaseSync): (act: () => void) => Promise<void> {
  let waiting: Waiting[] = [];

  /** True where it holds so far; its own refusal concerns nobody else. */
  function makeOne({ act, failed }: Waiting): boolean {
    db.exec("SAVEPOINT one");
    try {
      act();
      db.exec("RELEASE one");
      return true;
    } catch (error) {
      // A full disk or a broken file ends the whole transaction, and with it everybody's commit.
      if (!db.isTransaction) throw error;
      db.exec("ROLLBACK TO one; RELEASE one");
      failed(error);
      return false;
    }
  }

  function flush(): void {
    const group = waiting;
    waiting = [];
    let held: Waiting[] = group;
    try {
      db.exec("BEGIN IMMEDIATE");
      held = group.filter(makeOne);
      db.exec("COMMIT");
    } catch (error) {
      if (db.isOpen && db.isTransaction) db.exec("ROLLBACK");
      for (const { failed } of held) failed(error);
      return;
    }
    for (const { done } of held) done();
  }

  return (act) =>
    new Promise((done, failed) => {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ act, done, failed });
    });
}
