import type { TokenContent } from "#core/messages.ts";
import { Failure } from "./failure.ts";

const AGAIN = "Copy the whole token again; it begins with cpt1_ and was shown once when it was made.";

/** What is inside a bootstrap token. Refuses what cannot be one with a sentence that says what was given instead. */
export function readBootstrapToken(given: string): TokenContent {
  const token = given.trim();
  if (token === "") throw new Failure("usage", "The bootstrap token is empty.", AGAIN);
  if (/^cp[jk]_/.test(token))
    throw new Failure(
      "usage",
      token.startsWith("cpj_") ? "This is a cell's join token." : "This is an API key.",
      "A node needs a bootstrap token (cpt1_…): cellplane token create.",
    );
  if (!token.startsWith("cpt1_")) throw new Failure("usage", "This is not a bootstrap token.", AGAIN);
  if (!/^cpt1_[A-Za-z0-9_-]+$/.test(token))
    throw new Failure("usage", "The bootstrap token has characters that no token has.", AGAIN);
  const content = contentOf(token.slice("cpt1_".length));
  if (!content) throw new Failure("usage", "The bootstrap token is cut off or altered.", AGAIN);
  return { ...content, u: checkedUrl(content.u) };
}

function contentOf(encoded: string): TokenContent | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(encoded, "base64url").toString("utf8"));
    if (typeof value !== "object" || value === null) return undefined;
    const { u, w, i, s, p } = value as Record<string, unknown>;
    const whole = [u, w, i, s].every((member) => typeof member === "string" && member !== "");
    if (!whole || (p !== undefined && !(typeof p === "string" && /^[A-Za-z0-9_-]{43}$/.test(p)))) return undefined;
    return value as TokenContent;
  } catch {
    return undefined;
  }
}

/** The secret goes over plain http to this machine only. */
function checkedUrl(text: string): string {
  const url = URL.parse(text);
  if (!url || !["http:", "https:"].includes(url.protocol))
    throw new Failure("usage", "The bootstrap token names no address to enrol at.", AGAIN);
  if (url.protocol === "http:" && !isLoopback(url.hostname))
    throw new Failure(
      "usage",
      `The bootstrap token asks to enrol over plain http at ${url.host}; that is allowed on this machine only.`,
      "Make a new token in a network that answers over https.",
    );
  return text.replace(/\/+$/, "");
}

export const isLoopback = (host: string): boolean =>
  /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host) || host === "[::1]" || host === "::1";
