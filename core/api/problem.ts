import * as z from "zod";
import { type ErrorKind, errorKinds } from "../errors.ts";
import { scopeOf } from "../model/may-i.ts";
import type { Route } from "./route.ts";

/** What a refusal answers (RFC 9457). Further members say more of some kinds, such as `etag` of `version-mismatch`. */
export const ProblemDocument = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    /** A sentence that says what to do. */
    detail: z.string(),
    /** True where the same request may succeed later. */
    retryable: z.boolean(),
    errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
    instance: z.string().optional(),
    /** For whoever is asked for help. */
    requestId: z.string().optional(),
  })
  .meta({ id: "Problem" });

/** Every way a route refuses, in the order of the table of errors: what follows from its form, and what it names itself. */
export function refusalsOf(route: Route): ErrorKind[] {
  const { method, path, action, body, etag, repeatable, errors = [] } = route;
  const scope = scopeOf(action);
  const kinds = new Set<ErrorKind>(["invalid-input", "internal", "unavailable", ...errors]);
  const add = (when: boolean, ...more: ErrorKind[]) => {
    if (when) for (const kind of more) kinds.add(kind);
  };
  add(scope !== "public", "unauthenticated", "forbidden", "rate-limited");
  add(path.includes("{"), "not-found");
  add(body !== undefined, "too-large", "unsupported-media-type");
  add(method !== "GET", "conflict");
  add(etag === "change" || etag === "required", "if-match-required", "version-mismatch");
  add(repeatable === true, "idempotency-key-reused");
  return (Object.keys(errorKinds) as ErrorKind[]).filter((kind) => kinds.has(kind));
}
