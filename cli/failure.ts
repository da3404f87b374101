import { Unreachable } from "#adapters/http.ts";
import { type ErrorKind, Refusal } from "#core/errors.ts";

/** What the command says when it ends: scripts decide by it. */
export const exitCodes = { done: 0, refused: 1, usage: 2, unreachable: 3, "timed-out": 4, interrupted: 130 } as const;

/** A failure of the command itself, not of the API: what is wrong, and what to do next. */
export class Failure extends Error {
  readonly kind: Exclude<keyof typeof exitCodes, "done">;
  readonly next: string;

  constructor(kind: Failure["kind"], message: string, next = "") {
    super(message);
    this.kind = kind;
    this.next = next;
  }
}

const nextSteps: Partial<Record<ErrorKind, string>> = {
  unauthenticated:
    "Check CELLPLANE_KEY, or the key in your context file: `cellplane --help` says where it is looked for.",
  forbidden: "Ask an owner of the organization, or use a key with a higher role.",
  "rate-limited": "Wait a little and try again.",
  unavailable: "Try again in a moment.",
  "cell-unreachable": "Try again in a moment; `cellplane cells list` says which cells report.",
  internal: "Try again; if it stays, the control plane's log says more.",
};

export interface Told {
  readonly code: number;
  readonly text: string;
}

/** What people read about a failure, and the exit code. A refusal is told in the API's own words, every wrong field by name. */
export function tell(error: unknown): Told {
  if (error instanceof Failure) return { code: exitCodes[error.kind], text: lines(error.message, [], error.next) };
  if (error instanceof Unreachable)
    return {
      code: exitCodes.unreachable,
      text: lines(error.message, [], "Is it running? `npm start` runs one here; CELLPLANE_URL says where else it is."),
    };
  if (error instanceof Refusal) {
    const { errors = [], retryAfterSeconds } = error.details;
    // With one wrong field the sentence says it already.
    const fields = errors.length > 1 ? errors.map(({ path, message }) => `  ${path}: ${message}`) : [];
    const wait = retryAfterSeconds === undefined ? undefined : `Try again in ${retryAfterSeconds} s.`;
    return { code: exitCodes.refused, text: lines(error.message, fields, wait ?? nextSteps[error.kind] ?? "") };
  }
  return { code: exitCodes.refused, text: lines(error instanceof Error ? error.message : String(error), [], "") };
}

const lines = (message: string, fields: readonly string[], next: string): string =>
  [`cellplane: ${message}`, ...fields, ...(next === "" ? [] : [next])].map((line) => `${line}\n`).join("");
