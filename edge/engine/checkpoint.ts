import { closeSync, fdatasyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { FileMark } from "./appender.ts";

/** What a pipeline starts from: the position of each input, and what of each written file belongs to those positions. */
export interface CheckpointContent {
  readonly v: 1;
  /** By input id. One without an input stays, so that a rollback finds it. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** By output id, then by path. */
  readonly files: Readonly<Record<string, Readonly<Record<string, FileMark>>>>;
}

const empty: CheckpointContent = { v: 1, inputs: {}, files: {} };

export function readCheckpoint(path: string): CheckpointContent {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return empty;
    throw error;
  }
  const content = JSON.parse(text) as CheckpointContent;
  if (content.v !== 1)
    throw new Error(`${path} was written by a newer version: run that one, or remove the file to start over`);
  return content;
}

/** Whole or not at all, whenever the power fails. Throws with the old one in place. */
export function writeCheckpoint(path: string, content: CheckpointContent): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.tmp`;
  const descriptor = openSync(temporary, "w", 0o600);
  try {
    writeWhole(descriptor, Buffer.from(JSON.stringify(content)));
    fdatasyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, path);
}

/** A full disk writes short without an error at first: counts are checked. */
export function writeWhole(descriptor: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) {
    const written = writeSync(descriptor, bytes, done);
    if (written === 0) throw Object.assign(new Error("no space left on the device"), { code: "ENOSPC" });
    done += written;
  }
}

export const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
