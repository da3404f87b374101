import { join } from "node:path";
import { Appender, restore } from "./appender.ts";
import type { Batch } from "./batch.ts";
import type { CommitLine } from "./commit-line.ts";
import { encodeJson } from "./encode.ts";
import type { Saver } from "./saver.ts";

/** What could not be handled, and why, so that it can be looked at and sent again. */
export interface DeadLetter {
  readonly at: string;
  readonly rev: number;
  /** The step: `processors[1].filter`, or an output's id. */
  readonly stage: string;
  readonly reason: string;
  readonly input: string;
  readonly path: string;
  readonly offset: number;
  /** The event as it was read. */
  readonly raw: string;
}

/** Two halves of 8 MiB: the older one goes when the newer is full. */
const HALF_BYTES = 8 * 1024 ** 2;
const OWNER = "dead letters";

/** A ring of at most 16 MiB on the node's own disk. */
export class DeadLetters {
  private readonly appender: Appender;
  private readonly rev: number;
  private readonly line: CommitLine;

  constructor(parts: { folder: string; rev: number; line: CommitLine; saver: Saver }) {
    const path = join(parts.folder, "dead-letters.jsonl");
    this.rev = parts.rev;
    this.line = parts.line;
    for (const [known, mark] of parts.saver.marksOf(OWNER)) if (known === path) restore(path, mark);
    this.appender = new Appender(path, { bytes: HALF_BYTES, keep: 1 });
    parts.saver.adopt(OWNER, this.appender);
  }

  /** Throws when the disk is full: then the event is not settled, and nothing after it is committed. */
  put(batch: Batch, index: number, stage: string, reason: string): void {
    const { origin } = batch;
    const letter: DeadLetter = {
      at: origin.time.toISOString(),
      rev: this.rev,
      stage,
      reason: reason.slice(0, 1000),
      input: origin.input,
      path: origin.path,
      offset: batch.offsetOf(index),
      raw: batch.raws[index] ?? encodeJson(batch.events[index]),
    };
    this.appender.append(this.line.numberOf(batch), Buffer.from(`${JSON.stringify(letter)}\n`));
  }

  close(): void {
    this.appender.close();
  }
}
