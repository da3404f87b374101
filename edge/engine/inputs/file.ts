import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { FileInput } from "#core/model/pipeline/document.ts";
import { codeOf } from "../../failure.ts";
import type { Input, Intake, Surroundings } from "../component.ts";
import { mayRead } from "../policy.ts";
import { type FilePosition, FollowedFile } from "./followed-file.ts";
import { filesOf } from "./glob.ts";
import { linesOf, rawEvents } from "./lines.ts";

/** One turn: small enough that the loop's delay stays low (p99 12 ms measured), large enough that turns cost nothing. */
const TURN_BYTES = 64 * 1024;
const POLL_MS = 250;
const SCAN_MS = 1_000;
/** How long a line without its end, or a file without its path, is waited for. */
const PATIENCE_MS = 5_000;
/** Of a line that is too large, what a dead letter shows. */
const SHOWN_BYTES = 1024;

interface Saved {
  readonly files: readonly FilePosition[];
}

/** Follows files as they grow, are rotated, truncated and deleted. A file is its own buffer: nothing is read ahead of what is taken. */
export function fileInput(options: FileInput, saved: unknown, around: Surroundings): Input {
  const { clock, policy, problem } = around;
  const stopping = new AbortController();
  const buffer = Buffer.allocUnsafe(TURN_BYTES);
  const files = new Map<string, FollowedFile>();
  const refused = new Set<string>();
  let remembered = [...((saved as Saved | undefined)?.files ?? [])];
  let isFirstScan = saved === undefined;
  let scannedAt = Number.NEGATIVE_INFINITY;
  let behindSince: number | undefined;
  const keyOf = ({ dev, ino }: { dev: number; ino: number }) => `${dev}:${ino}`;

  function open(path: string): FollowedFile | undefined {
    let file: FollowedFile;
    try {
      file = new FollowedFile(path, clock.now());
    } catch (error) {
      if (codeOf(error) !== "ENOENT") note(path, "file-unreadable", `${path} cannot be read (${codeOf(error)})`);
      return undefined;
    }
    const reason = !file.isRegular()
      ? "is not a regular file"
      : mayRead(policy, file.realPath())
        ? undefined
        : "may not be read: list it under `read` in this node's policy";
    if (reason === undefined) return file;
    note(path, "file-refused", `${path} ${reason}`);
    file.close();
    return undefined;
  }

  function note(path: string, code: string, message: string): void {
    if (refused.has(path)) return;
    refused.add(path);
    problem("e", code, message);
  }

  /** Takes a file in at the position that is known for it, or where `start` says. */
  function follow(file: FollowedFile): void {
    const known = remembered.find((position) => file.isAt(position));
    remembered = remembered.filter((position) => position !== known);
    if (known && file.holds(known)) file.startAt(known.offset);
    else if (known) problem("w", "file-replaced", `${file.path} is another file or was truncated: read from its start`);
    else if (isFirstScan && options.start === "end") file.startAt(file.size);
    files.set(keyOf(file), file);
  }

  /** A file that was renamed while nobody looked lies beside where it was, and is finished before the new one. */
  function findRotated(position: FilePosition): FollowedFile | undefined {
    const folder = dirname(position.path);
    try {
      for (const name of readdirSync(folder)) {
        const path = join(folder, name);
        const stats = statIfThere(path);
        if (stats && keyOf(stats) === keyOf(position)) return open(path);
      }
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
    return undefined;
  }

  function scan(): void {
    const now = clock.now();
    scannedAt = now;
    const found = new Map<string, string>();
    for (const path of options.paths.flatMap(filesOf)) {
      const stats = statIfThere(path);
      if (stats) found.set(keyOf(stats), path);
      else refused.delete(path);
    }
    for (const position of [...remembered]) {
      if (found.has(keyOf(position))) continue;
      const file = findRotated(position);
      if (file) follow(file);
      remembered = remembered.filter((other) => other !== position);
      const lost = position.size - position.offset;
      if (!file && lost > 0) problem("w", "file-lost", `${position.path} was deleted with ${lost} bytes unread`);
    }
    for (const [key, path] of found) {
      const known = files.get(key);
      if (known) {
        known.path = path;
        known.isOrphan = false;
        continue;
      }
      const file = open(path);
      if (file) follow(file);
    }
    for (const [key, file] of files) if (!found.has(key)) file.isOrphan = true;
    isFirstScan = false;
  }

  /** Reads one turn of a file. True when there may be more at once. */
  function turn(file: FollowedFile, intake: Intake): boolean {
    const seen = file.look(clock.now());
    if (seen === "replaced") problem("w", "file-truncated", `${file.path} was truncated: read from its start`);
    if (file.offset >= file.size) return false;
    let space = buffer;
    let read = file.read(space);
    let end = space.subarray(0, read).lastIndexOf(10) + 1;
    if (end === 0 && read === space.length && around.eventBytes >= space.length) {
      space = Buffer.allocUnsafe(around.eventBytes + 1);
      read = file.read(space);
      end = space.subarray(0, read).lastIndexOf(10) + 1;
    }
    if (file.isSkipping) return skip(file, space, read, intake);
    if (end === 0 && read > around.eventBytes) {
      file.isSkipping = true;
      const raw = space.toString("utf8", 0, SHOWN_BYTES);
      refuseLine(file, intake, raw, read);
      return true;
    }
    if (end === 0) {
      const isAtEnd = file.offset + read >= file.size;
      if (!isAtEnd || clock.now() - file.grewAt < PATIENCE_MS) return false;
      end = read;
    }
    const offset = file.offset;
    file.offset += end;
    const raws = linesOf(space.toString("utf8", 0, space[end - 1] === 10 ? end - 1 : end));
    const after = file.offset;
    intake.take({
      path: file.path,
      offset,
      bytes: end,
      raws,
      events: rawEvents(raws),
      committed: committer(file, after),
    });
    return true;
  }

  /** Within a line that is too large: on to its end. */
  function skip(file: FollowedFile, space: Buffer, read: number, intake: Intake): boolean {
    const end = space.subarray(0, read).indexOf(10) + 1;
    const bytes = end || read;
    if (end > 0) file.isSkipping = false;
    const offset = file.offset;
    file.offset += bytes;
    const committed = end > 0 ? committer(file, file.offset) : () => {};
    intake.take({ path: file.path, offset, bytes, raws: [], events: [], committed });
    return true;
  }

  function refuseLine(file: FollowedFile, intake: Intake, raw: string, bytes: number): void {
    const offset = file.offset;
    file.offset += bytes;
    const reading = { path: file.path, offset, bytes, raws: [raw], committed: () => {} };
    // Not committed before the line's end is seen: a start in its middle would take the rest for an event.
    intake.refuse(reading, `the line is larger than eventBytes (${around.eventBytes})`);
  }

  /** Of what was read before a truncation, nothing counts any more. */
  const committer = (file: FollowedFile, offset: number) => {
    const { life } = file;
    return () => {
      if (file.life === life) file.committed = offset;
    };
  };

  /** What is read to its end and has no path any more is let go. */
  function letGo(): void {
    for (const [key, file] of files) {
      if (!file.isOrphan || file.committed < file.size || clock.now() - file.grewAt < PATIENCE_MS) continue;
      file.close();
      files.delete(key);
    }
  }

  return {
    async run(intake) {
      while (!stopping.signal.aborted) {
        if (clock.now() - scannedAt >= SCAN_MS) scan();
        let hasMore = false;
        for (const file of [...files.values()]) {
          if (!(await intake.room())) return;
          if (turn(file, intake)) hasMore = true;
        }
        letGo();
        const lag = lagBytes();
        behindSince = lag === 0 ? undefined : (behindSince ?? clock.now());
        await (hasMore ? new Promise<void>((resolve) => setImmediate(resolve)) : clock.sleep(POLL_MS, stopping.signal));
      }
    },
    stop: () => stopping.abort(),
    position: (): Saved => ({ files: [...remembered, ...[...files.values()].map((file) => file.position())] }),
    lagBytes,
    behindSince: () => behindSince,
    close() {
      for (const file of files.values()) file.close();
      files.clear();
    },
  };

  function lagBytes(): number {
    let lag = 0;
    for (const file of files.values()) lag += Math.max(0, file.size - file.committed);
    return lag;
  }
}

/** Nothing, also where a folder on the way may not be entered. */
function statIfThere(path: string) {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
