import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync, realpathSync } from "node:fs";
import { crc32 } from "node:zlib";

/** A position in a file, with what proves that it is still that file: inode numbers are used again at once. */
export interface FilePosition {
  readonly path: string;
  readonly dev: number;
  readonly ino: number;
  readonly offset: number;
  /** Of the first `head` bytes, at most 1 KiB. */
  readonly crc: number;
  readonly head: number;
  /** How large it was when last seen, to say what a deletion lost. */
  readonly size: number;
}

const HEAD_BYTES = 1024;

/** One file that is read as it grows, also after it was renamed or deleted: the descriptor stays. */
export class FollowedFile {
  path: string;
  readonly dev: number;
  readonly ino: number;
  readonly descriptor: number;
  /** Read up to here. */
  offset = 0;
  /** Everything before here is acknowledged. */
  committed = 0;
  size: number;
  /** When it last grew, on the pipeline's clock. */
  grewAt = 0;
  /** No path of the input leads to it any more. */
  isOrphan = false;
  /** An oversized line is being skipped: its end was not seen yet. */
  isSkipping = false;
  /** Counts how often it started over. */
  life = 0;
  private head = 0;
  private crc = 0;

  constructor(path: string, now: number) {
    this.path = path;
    this.descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const { dev, ino, size } = fstatSync(this.descriptor);
    this.dev = dev;
    this.ino = ino;
    this.size = size;
    this.grewAt = now;
    this.rememberHead();
  }

  /** The real path of what was opened, whatever links led to it and whoever changed them since. */
  realPath(): string {
    try {
      return readlinkSync(`/proc/self/fd/${this.descriptor}`);
    } catch {
      return realpathSync(this.path);
    }
  }

  isRegular(): boolean {
    return fstatSync(this.descriptor).isFile();
  }

  isAt(position: FilePosition): boolean {
    return position.dev === this.dev && position.ino === this.ino;
  }

  /** Still the file that the position was taken in: long enough, and with the same beginning. */
  holds(position: FilePosition): boolean {
    return this.size >= position.offset && this.size >= position.head && this.crcOf(position.head) === position.crc;
  }

  startAt(offset: number): void {
    this.offset = offset;
    this.committed = offset;
  }

  /** Looks at the file again. `replaced`: it is shorter than what was read, or begins otherwise, so it starts over. */
  look(now: number): "same" | "grown" | "replaced" {
    const { size } = fstatSync(this.descriptor);
    if (size === this.size && size >= this.offset) {
      if (size === this.offset) return "same";
      return "grown";
    }
    const isReplaced = size < this.offset || this.crcOf(this.head) !== this.crc;
    this.size = size;
    this.grewAt = now;
    if (isReplaced) {
      this.startAt(0);
      this.life++;
      this.isSkipping = false;
      this.head = 0;
      this.rememberHead();
      return "replaced";
    }
    if (this.head < HEAD_BYTES) this.rememberHead();
    return "grown";
  }

  read(into: Buffer): number {
    return readSync(this.descriptor, into, 0, into.length, this.offset);
  }

  position(): FilePosition {
    const { path, dev, ino, committed: offset, crc, head, size } = this;
    return { path, dev, ino, offset, crc, head, size };
  }

  close(): void {
    closeSync(this.descriptor);
  }

  private rememberHead(): void {
    this.head = Math.min(HEAD_BYTES, this.size);
    this.crc = this.crcOf(this.head);
  }

  private crcOf(bytes: number): number {
    const buffer = Buffer.alloc(bytes);
    const read = readSync(this.descriptor, buffer, 0, bytes, 0);
    return read === bytes ? crc32(buffer) : -1;
  }
}
