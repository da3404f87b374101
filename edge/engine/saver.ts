import type { Appender } from "./appender.ts";
import { type CheckpointContent, type FileMark, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import type { CommitLine } from "./commit-line.ts";

/** A checkpoint is due each second, or after so much: half of what may repeat, so that the other half can go on meanwhile. */
export const SAVE_EVERY_MS = 1_000;
export const SAVE_EVERY_BYTES = 4 * 1024 ** 2;
/** The most that may be committed and not saved; inputs wait above it. */
export const MOST_UNSAVED_BYTES = 8 * 1024 ** 2;

/** Keeps the checkpoint of one pipeline: files reach the disk first, then the positions that rely on them. */
export class Saver {
  readonly before: CheckpointContent;
  unsavedBytes = 0;
  private readonly path: string;
  private readonly line: CommitLine;
  private readonly positions: () => Record<string, unknown>;
  private readonly files = new Map<string, Map<string, Appender>>();
  private readonly closed = new Map<string, Map<string, FileMark>>();
  private saved: CheckpointContent;
  private running: Promise<void> | undefined;
  private dirty = false;
  private readonly failed: (error: unknown) => void;
  private readonly whenSaved: () => void;

  constructor(parts: {
    path: string;
    line: CommitLine;
    positions: () => Record<string, unknown>;
    failed: (error: unknown) => void;
    saved: () => void;
  }) {
    this.path = parts.path;
    this.line = parts.line;
    this.positions = parts.positions;
    this.failed = parts.failed;
    this.whenSaved = parts.saved;
    this.before = readCheckpoint(parts.path);
    this.saved = this.before;
    for (const [owner, marks] of Object.entries(this.before.files))
      this.closed.set(owner, new Map(Object.entries(marks)));
  }

  /** What an output's files were at the last checkpoint. */
  marksOf(owner: string): [string, FileMark][] {
    return [...(this.closed.get(owner) ?? [])];
  }

  /**
   * Written down before the first byte goes into the file, so that a kill right after it can still be undone. Beside that
   * the last checkpoint stays as it was: newer positions would rely on bytes that are not on disk yet.
   */
  adopt(owner: string, appender: Appender): void {
    const own = this.files.get(owner) ?? new Map<string, Appender>();
    own.set(appender.path, appender);
    this.files.set(owner, own);
    this.line.follow(appender);
    const mark = appender.committedMark();
    const known = this.saved.files[owner]?.[appender.path];
    if (known?.ino === mark.ino && known.dev === mark.dev && known.length === mark.length) return;
    const files = { ...this.saved.files, [owner]: { ...this.saved.files[owner], [appender.path]: mark } };
    this.write({ ...this.saved, files });
  }

  /** Only when all that it wrote is committed. */
  release(owner: string, appender: Appender): void {
    this.line.leave(appender);
    this.files.get(owner)?.delete(appender.path);
    const marks = this.closed.get(owner) ?? new Map<string, FileMark>();
    marks.delete(appender.path);
    marks.set(appender.path, appender.committedMark());
    this.closed.set(owner, marks);
  }

  committed(bytes: number): void {
    this.unsavedBytes += bytes;
    this.dirty = true;
    if (this.unsavedBytes >= SAVE_EVERY_BYTES) void this.save();
  }

  /** One at a time; failures are told, and the old checkpoint stays. */
  save(even?: "even if nothing was committed"): Promise<void> {
    if (even) this.dirty = true;
    this.running ??= this.saveOnce()
      .catch((error: unknown) => this.failed(error))
      .finally(() => {
        this.running = undefined;
      });
    return this.running;
  }

  private async saveOnce(): Promise<void> {
    if (!this.dirty) return;
    const content = this.snapshot();
    const covered = this.unsavedBytes;
    this.dirty = false;
    try {
      for (const own of [...this.files.values()]) for (const appender of [...own.values()]) await appender.sync();
      this.write({ ...content, files: merge(this.saved.files, content.files) });
    } catch (error) {
      this.dirty = true;
      throw error;
    }
    this.unsavedBytes -= covered;
    this.whenSaved();
  }

  private snapshot(): CheckpointContent {
    const files: Record<string, Record<string, FileMark>> = {};
    for (const [owner, marks] of this.closed) files[owner] = Object.fromEntries(marks);
    for (const [owner, own] of this.files)
      for (const [path, appender] of own) files[owner] = { ...files[owner], [path]: appender.committedMark() };
    return { v: 1, inputs: { ...this.before.inputs, ...this.positions() }, files };
  }

  private write(content: CheckpointContent): void {
    writeCheckpoint(this.path, content);
    this.saved = content;
  }
}

/** Files that were opened while others were synced are in what was saved meanwhile; of all others the snapshot counts. */
function merge(saved: CheckpointContent["files"], snapshot: CheckpointContent["files"]): CheckpointContent["files"] {
  return Object.fromEntries(
    [...new Set([...Object.keys(saved), ...Object.keys(snapshot)])].map((owner) => [
      owner,
      { ...saved[owner], ...snapshot[owner] },
    ]),
  );
}
