import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Seals and opens with AES-256-GCM. `about` binds the text to its place: sealed for one workspace it opens for no other. */
export interface Seal {
  seal(text: string, about: string): string;
  /** Throws if no key opens it. */
  open(sealed: string, about: string): string;
  /** True where it was sealed with the key in use. */
  isCurrent(sealed: string, about: string): boolean;
}

/** Seals with the first key; opens with any. */
export const sealWith = (keys: readonly Buffer[]): Seal => ({
  isCurrent: (sealed, about) => opened(keys.slice(0, 1), sealed, about) !== undefined,
  seal(text, about) {
    const [key = Buffer.alloc(0)] = keys;
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(about));
    const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64url");
  },
  open(sealed, about) {
    const text = opened(keys, sealed, about);
    if (text === undefined) throw new Error(`what was sealed for ${about} opens with no key that is mounted`);
    return text;
  },
});

function opened(keys: readonly Buffer[], sealed: string, about: string): string | undefined {
  const bytes = Buffer.from(sealed, "base64url");
  for (const key of keys) {
    const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, IV_BYTES))
      .setAAD(Buffer.from(about))
      .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString("utf8");
    } catch {
      // Sealed with another of the keys, or not ours: the next one shows.
    }
  }
  return undefined;
}
