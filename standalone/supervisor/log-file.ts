import { closeSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";

/** One older file of the same size is kept beside it. */
const LIMIT_BYTES = 1024 * 1024;

export interface LogFile {
  write(text: string | Uint8Array): void;
  close(): void;
}

/** Appends to `path`, which never grows beyond 1 MiB: then it becomes `<path>.1` and begins anew. A full disk loses lines, nothing else. */
export function openLogFile(path: string, limit = LIMIT_BYTES): LogFile {
  let file = openSync(path, "a", 0o600);
  let size = fstatSync(file).size;
  return {
    write(text) {
      try {
        if (size >= limit) {
          renameSync(path, `${path}.1`);
          closeSync(file);
          file = openSync(path, "a", 0o600);
          size = 0;
        }
        size += typeof text === "string" ? writeSync(file, text) : writeSync(file, text);
      } catch {
        // Nobody can be told: the place to tell it is this one.
      }
    },
    close: () => closeSync(file),
  };
}
