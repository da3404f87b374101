/**
 * Every way cellplane refuses, and what each edge does about it. One table: HTTP status and problem title, the `Retry`
 * of workflows, and the exit code of the CLI are all read from here.
 */
export const errorKinds = {
  "invalid-input": { status: 400, retry: false, title: "The request is not valid" },
  unauthenticated: { status: 401, retry: false, title: "Sign in first" },
  forbidden: { status: 403, retry: false, title: "Your role does not allow this" },
  "not-found": { status: 404, retry: false, title: "Not found" },
  "method-not-allowed": { status: 405, retry: false, title: "Method not allowed" },
  "name-taken": { status: 409, retry: false, title: "The name is taken" },
  "idempotency-key-reused": { status: 409, retry: false, title: "The idempotency key was used for another request" },
  "secret-already-shown": { status: 409, retry: false, title: "The secret was already shown once" },
  "not-possible-now": { status: 409, retry: false, title: "Not possible in the present state" },
  "stale-generation": { status: 409, retry: false, title: "A newer generation was seen" },
  superseded: { status: 409, retry: false, title: "Something newer took its place" },
  conflict: { status: 409, retry: true, title: "Something changed at the same time" },
  "version-mismatch": { status: 412, retry: false, title: "It was changed since you read it" },
  "too-large": { status: 413, retry: false, title: "Too large" },
  "unsupported-media-type": { status: 415, retry: false, title: "Unsupported content type" },
  "if-match-required": { status: 428, retry: false, title: "If-Match is required" },
  "quota-exceeded": { status: 403, retry: false, title: "A quota is reached" },
  "rate-limited": { status: 429, retry: true, title: "Too many requests" },
  internal: { status: 500, retry: true, title: "Something broke on our side" },
  "cell-refused": { status: 502, retry: false, title: "The cell refused" },
  "no-capacity": { status: 503, retry: true, title: "No cell has room" },
  "cell-unreachable": { status: 503, retry: true, title: "The cell cannot be reached" },
  "not-ready": { status: 503, retry: true, title: "Not ready yet" },
  unavailable: { status: 503, retry: true, title: "Unavailable for the moment" },
  "timed-out": { status: 504, retry: true, title: "Not done in time" },
} as const satisfies Record<string, { status: number; retry: boolean; title: string }>;

export type ErrorKind = keyof typeof errorKinds;

/** One thing wrong with an input: `path` is where (`labels.env`), `message` what to write instead. */
export interface InputError {
  readonly path: string;
  readonly message: string;
}

export interface RefusalDetails {
  /** For `invalid-input`: every field that is wrong, not only the first. */
  readonly errors?: readonly InputError[];
  /** When it is worth asking again; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** Further members of the problem document, such as `highestSeen` of `stale-generation`. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** What we know and the caller must not see: logged, never answered. */
  readonly cause?: unknown;
}

/**
 * A failure the caller can act on; `message` is a sentence for them that says what to do. Anything else that is thrown is a bug.
 *
 * `name` is the kind, because Step Functions matches `Retry` and `Catch` on the error's name.
 */
export class Refusal extends Error {
  readonly kind: ErrorKind;
  readonly details: RefusalDetails;

  constructor(kind: ErrorKind, message: string, details: RefusalDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = kind;
    this.kind = kind;
    this.details = details;
  }
}

/** Kinds worth repeating without a change by the caller. */
export const retryableKinds = (Object.keys(errorKinds) as ErrorKind[]).filter((kind) => errorKinds[kind].retry);

/** The RFC 9457 document of a failure. What is not a `Refusal` tells nothing but that it is our fault. */
export function problemOf(error: unknown) {
  const refusal =
    error instanceof Refusal ? error : new Refusal("internal", "This is our fault, and it is logged. Try again.");
  const { status, retry, title } = errorKinds[refusal.kind];
  const { errors, extra } = refusal.details;
  return {
    type: `urn:cellplane:${refusal.kind}`,
    title,
    status,
    detail: refusal.message,
    retryable: retry,
    ...(errors ? { errors } : {}),
    ...extra,
  };
}
export type Problem = ReturnType<typeof problemOf>;
