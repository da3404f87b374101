import { rmSync } from "node:fs";
import type { NodeFiles } from "./data-folder.ts";
import { Failure } from "./failure.ts";
import { readIdentity } from "./identity.ts";
import { lockFolder } from "./lock.ts";

/**
 * Makes this machine no node any more: key and credentials go, identity last, so that a `leave` cut off can be repeated. The
 * policy and the positions in files stay, because they are the machine's. Answers the node that was.
 */
export function leave(files: NodeFiles, confirmed: boolean): string {
  const identity = readIdentity(files);
  if (!identity) throw new Failure("refused", "This machine is no node.", "Nothing is to be done.");
  if (!confirmed)
    throw new Failure(
      "refused",
      `This would remove the key of ${identity.node} for good; nothing was done.`,
      "Say --yes to do it.",
    );
  const lock = lockFolder(files.lock);
  try {
    for (const file of [files.key, files.jwt, files.ca, files.memory, files.status, files.bodies])
      rmSync(file, { force: true, recursive: true });
    rmSync(files.identity, { force: true });
  } finally {
    lock.release();
  }
  return identity.node;
}
