import { createHash } from "node:crypto";

/** A name for a sealing key that tells nothing of it: agent and orchestrator compare by it which key is in use. */
export const sealingKeyId = (key: Buffer): string =>
  createHash("sha256").update("cellplane sealing key\n").update(key).digest("hex").slice(0, 16);
