import { writeSync } from "node:fs";

/** A full disk writes short without an error at first: counts are checked. */
export function writeWhole(descriptor: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) {
    const written = writeSync(descriptor, bytes, done);
    if (written === 0) throw Object.assign(new Error("no space left on the device"), { code: "ENOSPC" });
    done += written;
  }
}
