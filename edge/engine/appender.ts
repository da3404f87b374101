import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from "node:fs";
import { promisify } from "node:util";
import { codeOf } from "../failure.ts";
import type { FileMark } from "./checkpoint.ts";
import type { Follower } from "./commit-line.ts";
import { writeWhole } from "./write-whole.ts";

export interface Rotation {
  readonly bytes: number;
  readonly keep: number;
}

/** Files that some appender of this process writes: two writers would cut each other's lines. */
const taken = new Set<string>();
const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
const syncData = promisify(fdatasync);

/** Appends whole frames to a file that it owns, and knows at every moment which of its bytes are committed. */
export class Appender implements Follower {
  readonly path: string;
  private readonly rotation: Rotation | undefined;
  private descriptor: number;
  private mark: FileMark;
  private committed: FileMark;
  private readonly pending: { seq: number; mark: FileMark }[] = [];
  private readonly rotated: number[] = [];
  private dirty = false;

  constructor(path: string, rotation?: Rotation) {
    if (taken.has(path)) throw new Error(`${path} is written by another output of this node`);
    this.path = path;
    this.rotation = rotation;
    this.descriptor = openSync(path, flags, 0o640);
    taken.add(path);
    this.mark = markOf(this.descriptor);
    this.committed = this.mark;
  }

  get openDescriptor(): number {
    return this.descriptor;
  }

  /** All of it or nothing: what a full disk took of a frame is cut off again, and the error thrown. */
  append(seq: number, bytes: Buffer): void {
    if (this.rotation && this.mark.length > 0 && this.mark.length + bytes.length > this.rotation.bytes) this.rotate();
    try {
      writeWhole(this.descriptor, bytes);
    } catch (error) {
      ftruncateSync(this.descriptor, this.mark.length);
      throw error;
    }
    this.dirty = true;
    this.mark = { ...this.mark, length: this.mark.length + bytes.length };
    const last = this.pending.at(-1);
    if (last && last.seq === seq) last.mark = this.mark;
    else this.pending.push({ seq, mark: this.mark });
  }

  committedUpTo(seq: number): void {
    let done = 0;
    // Dead letters of a slow output come late, so numbers may fall: what is committed is all that is at most `seq`.
    for (const [index, entry] of this.pending.entries()) if (entry.seq <= seq) done = index + 1;
    const last = this.pending[done - 1];
    if (!last) return;
    this.committed = last.mark;
    this.pending.splice(0, done);
  }

  committedMark(): FileMark {
    return this.committed;
  }

  isAllCommitted(): boolean {
    return this.pending.length === 0;
  }

  async sync(): Promise<void> {
    if (!this.dirty) return;
    this.dirty = false;
    try {
      for (const old of this.rotated.splice(0)) {
        await syncData(old);
        closeSync(old);
      }
      await syncData(this.descriptor);
    } catch (error) {
      this.dirty = true;
      throw error;
    }
  }

  close(): void {
    for (const descriptor of [...this.rotated.splice(0), this.descriptor]) {
      if (this.dirty) fdatasyncSync(descriptor);
      closeSync(descriptor);
    }
    taken.delete(this.path);
  }

  private rotate(): void {
    const keep = this.rotation?.keep ?? 1;
    for (let number = keep - 1; number >= 1; number--)
      renameIfThere(`${this.path}.${number}`, `${this.path}.${number + 1}`);
    renameSync(this.path, `${this.path}.1`);
    this.rotated.push(this.descriptor);
    this.descriptor = openSync(this.path, flags, 0o640);
    this.mark = markOf(this.descriptor);
  }
}

/**
 * Brings a file back to what was committed: what was written after it will be written again. A rotation since then is
 * undone. A file that is not the one of the mark was put there by somebody else, and stays as it is.
 */
export function restore(path: string, mark: FileMark): void {
  for (let number = 0; number <= 1000; number++) {
    const candidate = number === 0 ? path : `${path}.${number}`;
    const found = statIfThere(candidate);
    if (!found) return;
    if (found.dev !== mark.dev || found.ino !== mark.ino) continue;
    if (found.size > mark.length) truncateSync(candidate, mark.length);
    if (number === 0) return;
    for (let newer = 0; newer < number; newer++) rmSync(newer === 0 ? path : `${path}.${newer}`, { force: true });
    for (let older = number; statIfThere(`${path}.${older}`); older++)
      renameSync(`${path}.${older}`, older === number ? path : `${path}.${older - number}`);
    return;
  }
}

function markOf(descriptor: number): FileMark {
  const { dev, ino, size } = fstatSync(descriptor);
  return { dev, ino, length: size };
}

function statIfThere(path: string) {
  try {
    return statSync(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}
