import { versionTag } from "#core/model/if-match.ts";
import type { Versioned } from "#core/ports.ts";
import type { Answer } from "./endpoint.ts";

/** Answers one record, with the ETag that a change of it names in `If-Match`. */
export const versioned = (
  { value, version }: Versioned<unknown>,
  headers: Readonly<Record<string, string>> = {},
): Answer => ({ body: value, headers: { etag: versionTag(version), ...headers } });
