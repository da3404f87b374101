import type { Batch } from "./batch.ts";

/** Something that writes for batches and must know how far it may count its own work as done. */
export interface Follower {
  /** Every batch up to this number is settled. */
  committedUpTo(seq: number): void;
}

interface Entry {
  readonly seq: number;
  readonly batch: Batch;
  settled: boolean;
}

/**
 * All batches of a pipeline in the order in which they were read. What is committed is the longest unbroken run of
 * settled ones. One line for all inputs, so that a cut through it is a consistent state: each input's position and each
 * file's length then belong to the same batches, and a file cut to its length repeats nothing.
 */
export class CommitLine {
  private readonly waiting: Entry[] = [];
  private readonly entryOf = new Map<Batch, Entry>();
  private readonly followers = new Set<Follower>();
  private next = 1;
  private start = 0;

  follow(follower: Follower): void {
    this.followers.add(follower);
  }

  leave(follower: Follower): void {
    this.followers.delete(follower);
  }

  enter(batch: Batch): void {
    const entry = { seq: this.next++, batch, settled: false };
    this.waiting.push(entry);
    this.entryOf.set(batch, entry);
  }

  numberOf(batch: Batch): number {
    return this.entryOf.get(batch)?.seq ?? 0;
  }

  /** Returns the bytes that became committed by it. */
  settle(batch: Batch): number {
    const entry = this.entryOf.get(batch);
    if (entry) entry.settled = true;
    let bytes = 0;
    let committed = 0;
    for (let head = this.waiting[this.start]; head?.settled; head = this.waiting[this.start]) {
      this.start++;
      this.entryOf.delete(head.batch);
      head.batch.origin.committed();
      bytes += head.batch.bytes;
      committed = head.seq;
    }
    if (committed === 0) return 0;
    if (this.start > 64) {
      this.waiting.splice(0, this.start);
      this.start = 0;
    }
    for (const follower of this.followers) follower.committedUpTo(committed);
    return bytes;
  }
}
