import { createHash, createHmac, randomBytes } from "node:crypto";
import type { Secrets } from "#core/ports.ts";

/** Secrets by node:crypto; `macKey` is what cursors are signed with. */
export const nodeSecrets = (macKey: Uint8Array): Secrets => ({
  random: () => randomBytes(32).toString("base64url"),
  sha256: (text) => createHash("sha256").update(text).digest("hex"),
  mac: (text) => createHmac("sha256", macKey).update(text).digest("base64url"),
});
