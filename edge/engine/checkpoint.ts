import { closeSync, fdatasyncSync, mkdirSync, openSync, readFileSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { codeOf } from "../failure.ts";
import { writeWhole } from "./write-whole.ts";

/** Which file it is, and how many of its bytes belong to committed batches. */
export interface FileMark {
  readonly dev: number;
  readonly ino: number;
  readonly length: number;
}

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
