import { type ErrorKind, type InputError, Refusal } from "#core/errors.ts";

/** The `Status` document that the API server answers with when it refuses. */
interface Status {
  readonly message?: string;
  readonly reason?: string;
  readonly details?: {
    readonly causes?: readonly { readonly field?: string; readonly message?: string }[];
    readonly retryAfterSeconds?: number;
  };
}

const kinds: Readonly<Record<number, ErrorKind>> = {
  400: "invalid-input",
  401: "unauthenticated",
  403: "forbidden",
  404: "not-found",
  405: "method-not-allowed",
  409: "conflict",
  410: "stale-generation",
  413: "too-large",
  415: "invalid-input",
  422: "invalid-input",
};

/** What an answer of the API server that is no success means to us. `retryAfter` is its header, which whatever stands before the API server sets as well. */
export function refusalOf(statusCode: number, text: string, retryAfter?: string): Refusal {
  const { message = text.slice(0, 500), reason, details } = statusOf(text);
  const terminating = statusCode === 403 && message.includes("because it is being terminated");
  const kind = terminating ? "not-possible-now" : (kinds[statusCode] ?? "unavailable");
  const errors = (details?.causes ?? []).map(
    ({ field = "", message = "" }): InputError => ({ path: field.replace(/^\./, ""), message }),
  );
  const retryAfterSeconds = secondsIn(retryAfter) ?? details?.retryAfterSeconds;
  return new Refusal(kind, `The cluster: ${message || reason || `status ${statusCode}`}`, {
    ...(errors.length > 0 && kind === "invalid-input" ? { errors } : {}),
    ...(retryAfterSeconds ? { retryAfterSeconds } : {}),
  });
}

/** API servers tell seconds; HTTP's other form, a date, would depend on two clocks. */
const secondsIn = (retryAfter = ""): number | undefined =>
  /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) : undefined;

function statusOf(text: string): Status {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

export const doesNotAnswer = (cause: unknown): Refusal =>
  new Refusal("unavailable", "The API server of the cluster does not answer; try again.", { cause });
